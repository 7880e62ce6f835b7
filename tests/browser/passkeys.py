"""Chromium's virtual authenticator: a device that keeps passkeys, without a finger to press."""

from __future__ import annotations

from playwright.sync_api import Page


class Device:
    """An authenticator plugged into one page (Chrome DevTools Protocol, domain WebAuthn)."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        made = self.session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self.identifier: str = made["authenticatorId"]

    def recognises_its_owner(self, recognised: bool) -> None:
        """Have the finger, the face or the code be accepted or not from now on."""
        self.session.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.identifier, "isUserVerified": recognised},
        )

    def keys(self) -> list[dict[str, object]]:
        """Return the passkeys that the device keeps."""
        found: list[dict[str, object]] = self.session.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.identifier}
        )["credentials"]
        return found


def named(url: str) -> str:
    """Return the address by the name that passkeys belong to: an address of digits can have none."""
    return url.replace("127.0.0.1", "localhost")


def add_passkey(page: Page, url: str, password: str, name: str = "Clé d’essai") -> None:
    """Register a passkey for the person logged in on the page, from their security page."""
    page.goto(f"{url}/compte/securite/")
    page.get_by_role("link", name="Ajouter une clé").click()
    if page.get_by_role("heading", name="Confirmez qui vous êtes").is_visible():
        page.get_by_label("Mot de passe").fill(password)
        page.get_by_role("button", name="Confirmer").click()
    page.get_by_label("Nom de la clé").fill(name)
    page.get_by_role("button", name="Créer la clé").click()
    page.get_by_text("La clé d’accès est enregistrée.").wait_for()
