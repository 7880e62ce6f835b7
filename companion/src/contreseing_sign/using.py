"""Find the certificate on a card, and have its key serve: the code is asked last, after all was shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from contreseing_sign import modules
from contreseing_sign.card import (
    Cancelled,
    CardGone,
    Held,
    Module,
    PinLocked,
    PinState,
    WrongPin,
    WrongValue,
)
from contreseing_sign.kept import Kept
from contreseing_sign.refusals import Stopped
from contreseing_sign.site import Site
from contreseing_sign.terminal import Talk, agrees

LOCKED = (
    "Le code de cette carte est bloqué, ou doit d’abord être changé : rien n’a été signé. Débloquez-la avec "
    "l’outil de l’autorité qui l’a délivrée, ou signez par un autre moyen depuis la page du site."
)


@dataclass
class Cards:
    """The cards of this machine, by the modules found, or by the one named."""

    talk: Talk
    kept: Kept
    named: str = ""
    silent: list[str] = field(default_factory=list)  # the modules that failed, the last time they were asked

    def all(self) -> list[tuple[str, Held]]:
        """Return every certificate, with the module that reads it, each once."""
        found: dict[str, tuple[str, Held]] = {}
        for path, held in self._each():
            found.setdefault(held.fingerprint, (path, held))
        return list(found.values())

    def find(self, certificate: bytes) -> tuple[str, Held]:
        """Return the card that holds ``certificate``, waiting for it; raises Stopped when they leave."""
        wanted = hashlib.sha256(certificate).hexdigest()
        while True:
            for path, held in self._each():
                if held.fingerprint == wanted:
                    self.kept.use_module(path)
                    return path, held
            self.wait("Aucune carte présente ne porte le certificat attendu.")

    def wait(self, missing: str) -> None:
        """Say what is missing, and wait for a card or the name of a module."""
        asked = ", ".join(Path(path).name for path in self._paths()) or "aucun"
        self.talk.say(
            f"{missing} Insérez la carte dans son lecteur. Modules interrogés : {asked}.",
            *([f"Sans réponse : {', '.join(self.silent)}."] if self.silent else []),
        )
        answer = self.talk.ask(
            "Entrée pour réessayer, le chemin d’un autre module PKCS#11, ou q pour arrêter :"
        )
        if answer.lower() == "q":
            raise Stopped("Vous avez arrêté : rien n’a été signé.", "card_absent")
        if answer:
            self.named = answer.strip("\"'")

    def _each(self) -> list[tuple[str, Held]]:
        self.silent, found = [], []
        for path in self._paths():
            try:
                with Module(path) as module:
                    found += [(path, held) for held in module.certificates()]
            except CardGone:
                self.silent.append(Path(path).name)
        return found

    def _paths(self) -> list[str]:
        return [self.named] if self.named else modules.found(self.kept.module)


def signed(talk: Talk, site: Site, cards: Cards, certificate: bytes, data: bytes) -> bytes:
    """Have the card sign ``data``, and return its verified value; raises Stopped."""
    while True:
        path, held = cards.find(certificate)
        refuse_when_over(site)
        try:
            with Module(path) as module:
                state = module.pin_state(held)
                _say_of_the_code(talk, state)
                site.tell("pin")
                code = None if state.on_the_reader else _code(talk)
                return module.sign(held, data, code, lambda: talk.say(_under_way()))
        except WrongPin:
            talk.say("La carte refuse ce code : rien n’a été signé.")
        except Cancelled:
            talk.say("La saisie a été annulée sur le lecteur : rien n’a été signé.")
        except PinLocked:
            raise Stopped(LOCKED, "pin_locked") from None
        except WrongValue:
            raise Stopped(
                "La carte a rendu une valeur qui ne se vérifie pas : elle n’a pas été envoyée, rien n’est "
                "signé. Essayez un autre module PKCS#11 (--module), ou signez par un autre moyen.",
                "card_failed",
            ) from None
        except CardGone as error:
            site.tell("waiting", "card_absent")
            talk.say(f"La carte ou son lecteur ne répond plus ({error}) : rien n’a été signé. Remettez-la.")
        if not agrees(talk, "Recommencer ?"):
            raise Stopped("Vous avez arrêté : rien n’a été signé.", "declined")


def refuse_when_over(site: Site) -> None:
    """Raise Stopped once the time is over, before any code is asked for nothing."""
    if site.is_over:
        raise Stopped(
            "Les dix minutes sont passées : rien n’a été signé. Reprenez depuis la page du site, qui donne "
            "un nouveau code."
        )


def _say_of_the_code(talk: Talk, state: PinState) -> None:
    """Say what the card says of its code; raises Stopped when it is of no use to ask."""
    if state.locked:
        raise Stopped(LOCKED, "pin_locked")
    if state.to_be_changed:
        talk.say(
            "La carte demande que son code soit changé : faites-le avec son outil si elle refuse de signer."
        )
    if state.last_try:
        talk.say("Attention : dernier essai. Un code faux de plus bloquerait la carte.")
        if not agrees(talk, "Êtes-vous sûr de votre code ?"):
            raise Stopped("Vous avez arrêté : rien n’a été signé.", "declined")
    elif state.tries_gone:
        talk.say("Attention : un code faux a déjà été saisi sur cette carte.")
    if state.on_the_reader:
        talk.say("Saisissez le code sur le clavier du lecteur.")


def _code(talk: Talk) -> str:
    while not (code := talk.secret("Code PIN de la carte (il ne quitte pas cette machine) :")):
        talk.say("Aucun code saisi.")
    return code


def _under_way() -> str:
    return "Code accepté, signature en cours : laissez la carte en place."
