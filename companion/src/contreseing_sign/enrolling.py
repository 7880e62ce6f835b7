"""Enrol: the person chooses a certificate of a card, and its key proves that it is there.

What the key signs is a text that begins with a word of ours: signed attributes are a SET OF, whose first
octet is 0x31, so that the proof can never pass for a signature of a document, nor the reverse.
"""

from __future__ import annotations

import base64
import hashlib
import re

from contreseing_sign import certificates
from contreseing_sign.card import Held
from contreseing_sign.refusals import Mismatch, Stopped
from contreseing_sign.site import Site
from contreseing_sign.terminal import Talk, agrees, chosen
from contreseing_sign.using import Cards, signed
from contreseing_sign.words import harmless

DOMAIN = "contreseing-sign/1 proof of possession, no document is signed"
NONCE = re.compile(r"[0-9a-f]{64}")


def challenge(origin: str, nonce: str, certificate: bytes) -> bytes:
    """Return what the key signs to prove that it is there: this site, its nonce, this certificate."""
    lines = (
        DOMAIN,
        f"site {origin}",
        f"nonce {nonce}",
        f"certificate {hashlib.sha256(certificate).hexdigest()}",
    )
    return "\n".join((*lines, "")).encode("ascii")


def enrol(talk: Talk, site: Site, cards: Cards) -> str:
    """Give the site a certificate of a card; returns the sentence of the end. Raises Stopped."""
    nonce = site.opened.get("nonce")
    if not isinstance(nonce, str) or not NONCE.fullmatch(nonce):
        raise Mismatch("le site n’a pas envoyé le nombre à usage unique qu’il doit envoyer")
    talk.say(
        "",
        f"Le site enregistre le certificat de votre carte pour le compte de : {site.text('person')}.",
        "Aucun document ne sera signé. Votre code prouve seulement que la carte est là.",
    )
    if not agrees(talk, "Est-ce votre compte ?"):
        raise Stopped("Vous avez arrêté : rien n’est enregistré.", "declined")
    held, chain = _chosen(talk, cards)
    site.tell("fetched")
    data = challenge(site.origin, nonce, held.certificate)
    value = signed(talk, site, cards, held.certificate, data)
    answer = site.post(
        "certificate",
        {
            "certificate": base64.b64encode(held.certificate).decode(),
            "chain": [base64.b64encode(other).decode() for other in chain],
            "proof": base64.b64encode(value).decode(),
        },
    )
    return (
        harmless(answer.get("sentence"), 600) or "Le certificat est enregistré : la page du site le montre."
    )


def _chosen(talk: Talk, cards: Cards) -> tuple[Held, list[bytes]]:
    """Have the person choose among the certificates of persons; returns also those of its authorities."""
    while True:
        found = cards.all()
        people = [(path, held) for path, held in found if not certificates.is_authority(held.certificate)]
        people.sort(
            key=lambda each: (not certificates.signs(each[1].certificate), each[1].token, each[1].key)
        )
        if people:
            break
        cards.wait("Aucune carte présente ne porte de certificat.")
    options = [
        f"{certificates.described(held.certificate)} [{harmless(held.token, 40)}, {held.fingerprint[:8]}]"
        for _path, held in people
    ]
    path, held = people[chosen(talk, "Quel certificat ?", options)]
    cards.kept.use_module(path)
    others = [other.certificate for where, other in found if where == path and other != held]
    authorities = [other for other in others if certificates.is_authority(other)]
    return held, certificates.issuers(held.certificate, authorities)
