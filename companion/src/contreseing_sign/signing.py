"""Sign: fetch, check, show, let open, and only then have the key serve."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from contreseing_sign import attributes, certificates, document, opening
from contreseing_sign.refusals import Mismatch, SiteAway, Stopped
from contreseing_sign.site import Site
from contreseing_sign.terminal import Talk, agrees, chosen
from contreseing_sign.using import Cards, refuse_when_over, signed
from contreseing_sign.words import grouped, harmless

PARTIES = 40  # shown, at most


def sign(talk: Talk, site: Site, cards: Cards) -> str:
    """Sign what the site prepared for this person; returns the sentence of the end. Raises Stopped."""
    announced = _announced(site)
    certificate, to_sign = site.octets("certificate"), site.octets("signed_attributes")
    pdf = site.document(announced["size"])
    _check(announced, pdf)
    attributes.check(to_sign, certificate, document.covered(pdf).digest)
    site.tell("fetched")
    with opening.private_copy(pdf) as path:
        talk.say(*_shown(site, announced, certificate))
        while True:
            what = chosen(
                talk, "Que faire ?", ["Ouvrir le document", "Signer avec la carte", "Ne pas signer"]
            )
            if what == 2:
                raise Stopped(
                    "Vous avez choisi de ne pas signer : la page du site en est avertie.", "declined"
                )
            if what == 1:
                break
            if not opening.show(path):
                talk.say(f"Aucun lecteur de PDF ne s’est ouvert. Le fichier à lire est : {path}")
        value = signed(talk, site, cards, certificate, to_sign)
        return _handed_in(talk, site, value)


def _announced(site: Site) -> dict[str, Any]:
    announced = site.opened.get("document")
    if not isinstance(announced, dict) or "signed_attributes" not in site.opened:
        raise Mismatch("le site demande une signature sans dire de quel document")
    numbers = ("size", "read_size", "pages")
    if not all(isinstance(announced.get(name), int) for name in numbers):
        raise Mismatch("le site n’annonce ni la taille ni les pages du document")
    return announced


def _check(announced: dict[str, Any], pdf: bytes) -> None:
    """Refuse another file than the one announced, or one that does not begin with the one that was read."""
    if not _same(hashlib.sha256(pdf).hexdigest(), announced.get("sha256")):
        raise Mismatch("le document reçu n’est pas celui qui était annoncé")
    read = announced["read_size"]
    if not 0 < read < len(pdf) or not _same(
        hashlib.sha256(pdf[:read]).hexdigest(), announced.get("read_sha256")
    ):
        raise Mismatch("le document reçu n’est pas celui que la page du site fait lire")


def _same(computed: str, said: object) -> bool:
    return isinstance(said, str) and hmac.compare_digest(computed.encode(), said.encode())


def _shown(site: Site, announced: dict[str, Any], certificate: bytes) -> list[str]:
    parties = announced.get("parties")
    named = [harmless(party, 120) for party in parties[:PARTIES]] if isinstance(parties, list) else []
    return [
        "",
        "CE QUE VOUS ALLEZ SIGNER",
        f"Document : {site.text('title', announced)} ({site.text('reference', announced)})",
        f"Parties : {' ; '.join(named)}",
        f"Pages : {announced['pages']}",
        f"Signature de : {site.text('person')}, {site.text('place')}",
        f"Certificat : {certificates.described(certificate)}",
        f"Empreinte SHA-256 du document lu sur la page : {grouped(announced['read_sha256'])}",
        f"Empreinte SHA-256 du document préparé : {grouped(announced['sha256'])}",
        "Ce programme a vérifié que la signature porte sur ce fichier entier, et sur rien d’autre.",
        f"Il vous reste {site.minutes_left} minutes.",
        "",
    ]


def _handed_in(talk: Talk, site: Site, value: bytes) -> str:
    """Send the value, again if the network fails: the site takes the same one twice."""
    while True:
        try:
            site.post("value", {"value": base64.b64encode(value).decode()})
        except SiteAway as error:
            talk.say(f"{error} La signature est faite, elle n’est pas encore remise.")
            if not agrees(talk, "Envoyer de nouveau ?"):
                raise Stopped(
                    "La signature n’a pas été remise : elle est perdue, reprenez depuis la page."
                ) from None
            refuse_when_over(site)
        else:
            return "Signature remise : la page du site montre la suite. Vous pouvez retirer la carte."
