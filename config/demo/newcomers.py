"""An empty installation, from the code that its server shows to the people of a prefecture and two communes.

All by the pages and the mails: who made the server administers it, imports the organisations, lets in a
second administrator; one asks for the powers, the other confirms them; everybody invited opens their account.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from config import mail
from config.demo.scanned import page_of
from config.demo.stage import Actor, PlayFailed, Stage, form_of, looked_for

WHY = "Première séance de formation : chacun doit pouvoir signer aujourd’hui."
FIRST, SECOND = "claire", "bruno"  # who administer the platform


@dataclass(frozen=True)
class Newcomer:
    """Somebody, where they work, as what (the words that the file says); an authority is named by an act."""

    key: str
    name: tuple[str, str]
    organisation: str
    title: str
    role: str
    act: str = ""

    @property
    def email(self) -> str:
        """An address that no mail reaches (RFC 2606)."""
        return f"{self.key}@eveil.example"


PREFECTURE, POLICE = "Préfecture de l’Éveil", "Police nationale de l’Éveil"
VALBRUNE, MONTCLAIR = "Commune de Valbrune", "Commune de Montclair"
ORGANISATIONS = {  # name: kind, territory, communes
    PREFECTURE: ("Préfecture", "Éveil", ""),
    VALBRUNE: ("Commune", "Valbrune", "61901"),
    MONTCLAIR: ("Commune", "Montclair", "61902"),
    POLICE: ("Police nationale", "Éveil", ""),
}
PILOT, HEAD, CLERK, REVIEWER = "Pilote de la rédaction", "Autorité", "Service des assemblées", "Avis"
_DECREE, _ELECTION = "Décret du 4 mai 2026", "Procès-verbal d’élection du 28 mars 2026"
PEOPLE = {
    one.key: one
    for one in (
        Newcomer("nadia", ("Nadia", "Nouvelle"), PREFECTURE, "Secrétariat général", PILOT),
        Newcomer("odile", ("Odile", "Préval"), PREFECTURE, "Préfète de l’Éveil", HEAD, _DECREE),
        Newcomer("paul", ("Paul", "Rivière"), VALBRUNE, "Direction générale", PILOT),
        Newcomer("eve", ("Ève", "Marchal"), VALBRUNE, "Maire de Valbrune", HEAD, _ELECTION),
        Newcomer("lise", ("Lise", "Garnier"), VALBRUNE, "Service des assemblées", CLERK),
        Newcomer("sami", ("Sami", "Torrent"), MONTCLAIR, "Direction générale", PILOT),
        Newcomer("hugo", ("Hugo", "Lamarre"), MONTCLAIR, "Maire de Montclair", HEAD, _ELECTION),
        Newcomer("anne", ("Anne", "Colin"), MONTCLAIR, "Service des assemblées", CLERK),
        Newcomer("marc", ("Marc", "Delage"), POLICE, "Direction départementale", REVIEWER),
    )
}


@dataclass
class Empty(Stage):
    """A server without anybody, the folder where its mails are, what its first administrator was told."""

    state: Path = Path()

    def mailed(self, to: str, pattern: str) -> str:
        """Wait for a mail to somebody that holds something; return what, of the last one."""

        def last() -> str | None:
            found = (re.search(pattern, words) for words in reversed(mail.in_folder(self.state, to)))
            return next((one[1] for one in found if one), None)

        return looked_for(last, f"aucun courriel attendu n’est venu à {to}")


def file() -> bytes:
    """Return the file to import, as a French spreadsheet saves it: whoever needs no act is named in it."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    names = "organisation nature territoire communes fonction rôle prénom nom courriel"
    rows.writerow(names.split())
    for one in PEOPLE.values():
        kind, territory, communes = ORGANISATIONS[one.organisation]
        invited = ("", "", "") if one.act else (*one.name, one.email)
        said = (kind, territory, communes, one.title, one.role)
        rows.writerow([one.organisation, *said, *invited])
    return out.getvalue().encode("cp1252")


def found(stage: Empty, code: str) -> None:
    """Whoever has the server's code opens the first account, adds a second factor, imports the file."""
    claire = stage.enter(FIRST, "Claire Première", "claire@plateforme.example")
    with stage.step(FIRST, "donne le code du serveur et ouvre son compte"):
        claire.fill("/premiere-installation/", code=code)
        who = {"email": claire.email, "first_name": "Claire", "last_name": "Première"}
        chosen = {"password1": stage.password, "password2": stage.password}
        claire.fill("/premiere-installation/compte/", **who, **chosen)
        claire.log_in(stage.password)
        add_application(stage, claire)
    with stage.step(FIRST, "importe organisations, fonctions et personnes"):
        preview = claire.fill("/plateforme/import/", file=("eveil.csv", file(), "text/csv"))
        confirm = "/plateforme/import/confirmation/"
        done = claire.send(form_of(preview.page, confirm), preview.path)
        if f"{len(PEOPLE)} lignes sont importées" not in done.text:
            raise PlayFailed(f"{claire.name} : le fichier n’est pas importé")


def let_in(stage: Empty) -> None:
    """A second administrator comes; the first asks for each power, the second confirms it; all accept."""
    with stage.step(FIRST, "ajoute un second administrateur") as claire:
        bruno = stage.enter(SECOND, "Bruno Second", "bruno@plateforme.example")
        who = {"email": bruno.email, "first_name": "Bruno", "last_name": "Second"}
        claire.fill("/plateforme/administrateurs/", **who)
    with stage.step(SECOND, "choisit son mot de passe, que Claire confirme de vive voix"):
        _begin_as_administrator(stage, claire, bruno)
    with stage.step(FIRST, "demande les fonctions qui signent, actes joints") as claire:
        for organisation in ORGANISATIONS:
            _ask_for_powers(stage, claire, organisation)
    with stage.step(SECOND, "confirme chaque pouvoir") as bruno:
        for path in links(bruno, "/pouvoirs/", r"/pouvoirs/\d+/"):
            _confirm(stage, bruno, path)
    for key, one in PEOPLE.items():
        person = stage.enter(key, " ".join(one.name), one.email)
        with stage.step(key, "ouvre son compte par l’invitation reçue"):
            link = stage.mailed(one.email, r"(https?://\S+/invitations/#\S+)")
            chosen = {"password1": stage.password, "password2": stage.password}
            opened = person.follow(link)
            person.send(form_of(opened.page, opened.path), opened.path, **chosen)
            person.log_in(stage.password)


def _begin_as_administrator(stage: Empty, claire: Actor, bruno: Actor) -> None:
    """A password chosen from a mailbox proves nothing for a day, unless a second person says it is theirs."""
    key = stage.mailed(bruno.email, r"(https?://\S+#\S+)")
    chosen = bruno.follow(key)
    passwords = {"password1": stage.password, "password2": stage.password}
    bruno.send(form_of(chosen.page, chosen.path), chosen.path, **passwords)
    bruno.log_in(stage.password)
    add_application(stage, bruno)
    code = _code_for(claire, bruno)
    page = bruno.get("/compte/preuves/")
    for form in page.select("main form[method=post]"):
        if "mot de passe" in (form.select_one("h3") or form).get_text().lower():
            bruno.send(form, "/compte/preuves/", code=code)


def _code_for(claire: Actor, person: Actor) -> str:
    """Return the code that the first administrator reads on the page, and says by voice."""
    path = "/administration/signatures/proofmeans/"
    page = claire.get(path)
    for row in page.select("#result_list tbody tr"):
        words = row.get_text(" ", strip=True).lower()
        box = row.select_one("input[name=_selected_action]")
        if box is not None and person.name.lower() in words and "mot de passe" in words:
            chosen = {"action": "give_code", "_selected_action": str(box["value"])}
            shown = claire.send(form_of(page, path), path, **chosen).page.select_one("code")
            if shown is not None:
                return shown.text.strip()
    raise PlayFailed(f"{claire.name} : aucun code à donner à {person.name}")


def _ask_for_powers(stage: Empty, claire: Actor, organisation: str) -> None:
    [home] = links(claire, "/plateforme/", r"/plateforme/organisations/\d+/", holding=organisation)
    for one in PEOPLE.values():
        if one.organisation == organisation and one.act:
            [way] = links(claire, home, r".*/invitations/ajout/.*", holding=one.title)
            facts = {"email": one.email, "first_name": one.name[0], "last_name": one.name[1], "act": one.act}
            document = ("acte.pdf", page_of(one.act), "application/pdf")
            path = way.partition("?")[0]
            claire.send(form_of(claire.get(way), path), path, document=document, **facts)
    for path in links(claire, home, r"/pouvoirs/\d+/"):
        claire.send(form_of(claire.get(path), f"{path}preuve/"), path, password=stage.password)


def _confirm(stage: Empty, bruno: Actor, path: str) -> None:
    proof = bruno.send(form_of(bruno.get(path), f"{path}preuve/"), path, password=stage.password)
    confirmation = form_of(proof.page, f"{path}confirmation/")
    done = bruno.send(confirmation, proof.path, immediately="on", reason=WHY)
    if "C’est confirmé" not in done.text:
        raise PlayFailed(f"{bruno.name} : {path} n’est pas confirmé")


# --- what a person has in hand -----------------------------------------------------------


def add_application(stage: Stage, person: Actor) -> None:
    """Add an application of codes, then prove it: the pages of the platform ask for it."""
    path = "/compte/securite/totp/activate/"
    page = person.get(path)
    if (again := _asking(page, "password")) is not None:
        page = person.send(again, path, password=stage.password).page
    key = page.select_one("main code")
    if key is None:
        raise PlayFailed(f"{person.name} : aucune clé d’application n’est montrée")
    secret = key.text.strip()
    person.send(form_of(page, path), path, code=code_of(secret))
    if (asked := _asking(person.get("/plateforme/"), "code")) is not None:
        person.send(asked, "/plateforme/", code=code_of(secret))
    if person.get("/plateforme/").select_one("a[href='/plateforme/import/']") is None:
        raise PlayFailed(f"{person.name} : le second facteur est refusé")


def _asking(page: BeautifulSoup, field: str) -> Tag | None:
    """Return the form by which a page asks for a proof, where it does."""
    found = page.select_one(f"main form[method=post]:has(input[name={field}])")
    return found if page.select_one("main code") is None else None


def code_of(secret: str, at: Callable[[], float] = time.time) -> str:
    """Return what an application shows now for this key in base 32 (RFC 6238: SHA-1, 30 s, six digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at()) // 30), hashlib.sha1).digest()
    [number] = struct.unpack(">I", mac[mac[-1] & 15 :][:4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def links(person: Actor, path: str, pattern: str, holding: str = "") -> list[str]:
    """Return where a page's links of that shape lead, those that hold these words."""
    found = [
        str(a["href"])
        for a in person.get(path).select("main a[href]")
        if re.fullmatch(pattern, str(a["href"])) and holding in a.text
    ]
    return list(dict.fromkeys(found))
