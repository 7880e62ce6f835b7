"""The program signs with a card what an honest site prepared, and nothing that a lying one did."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contreseing_sign import der
from signatures import cms, pades
from tests.companion import sites, tokens
from tests.companion.sites import Offer
from tests.companion.talks import SIGN, Typed, run
from tests.signatures import documents, hsm
from tests.waiting import until

pytestmark = pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed")


@pytest.mark.parametrize("algorithm", ["p256", "rsa3072"])
def test_a_card_signs_what_was_shown(card: tokens.Card, memory: Path, algorithm: str) -> None:
    """All is shown before the code is asked; the page follows; the value verifies and makes a signed PDF."""
    key = card.keys[algorithm]
    offer, talk = sites.signature(key), Typed([*SIGN])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    assert offer.names == ["open", "document", "fetched", "pin", "value"]
    shown = talk.text[: talk.text.index("Code PIN")].replace("\u00a0", " ")
    for expected in (
        "Contrat de Clairval (CSI-2027-001)",
        "Préfecture de l’Orme ; Ville de Clairval",
        "Pages : 2",
        "Signature de : Mme Hélène Marchand, préfète de l’Orme",
        "Certificat : Hélène Marchand",
        hashlib.sha256(offer.pdf).hexdigest()[:8],
        str(offer.opened["document"]["read_sha256"])[:8],
    ):
        assert expected in shown
    attributes = base64.b64decode(offer.opened["signed_attributes"])
    value = cms.normalised_value(key.certificate.certificate, attributes, offer.value())
    assembled = cms.assemble(key.certificate.certificate, key.certificate.chain, attributes, value, None)
    digest = sites.prepared(key, documents.build()).as_json()
    assert pades.embed(offer.pdf, digest, assembled).startswith(b"%PDF-")
    assert tokens.PIN not in str(offer.asked) + talk.text


def other_document(offer: Offer) -> None:
    offer.pdf = offer.pdf[:-2] + b" \n"


def other_length(offer: Offer) -> None:
    offer.pdf += b"\n"


def not_what_was_read(offer: Offer) -> None:
    offer.opened["document"]["read_sha256"] = hashlib.sha256(b"another").hexdigest()


def attributes_of_another(offer: Offer) -> None:
    certificate = base64.b64decode(offer.opened["certificate"])
    offer.opened["signed_attributes"] = sites.text(cms.signed_attributes(certificate, b"\x01" * 32))


def _changed_attributes(offer: Offer, *more: bytes) -> None:
    """Write the attributes anew, sorted, with more of them."""
    kept = base64.b64decode(offer.opened["signed_attributes"])
    elements = [element.whole for element in der.read(kept, der.SET).children()]
    offer.opened["signed_attributes"] = sites.text(cms.tlv(0x31, *sorted([*elements, *more])))


def one_attribute_more(offer: Offer) -> None:
    policy = cms.tlv(0x30, cms.oid("1.2.840.113549.1.9.16.2.15"), cms.tlv(0x31, cms.tlv(0x30)))
    _changed_attributes(offer, policy)


def an_attribute_twice(offer: Offer) -> None:
    _changed_attributes(offer, cms.tlv(0x30, cms.CONTENT_TYPE, cms.tlv(0x31, cms.DATA)))


def another_certificate(offer: Offer) -> None:
    digest = base64.b64decode(offer.opened["signed_attributes"])
    message = re.search(rb"\x31\x22\x04\x20(.{32})", digest, re.DOTALL)
    assert message
    other, _pem = tokens.issued("p256", "autre@carte.test", "Autre Personne")
    attributes = cms.signed_attributes(other.certificate.certificate, message[1])
    offer.opened["signed_attributes"] = sites.text(attributes)


def another_hash_of_it(offer: Offer) -> None:
    """The same issuer and number, and the hash of another certificate: the hash is what counts."""
    attributes = base64.b64decode(offer.opened["signed_attributes"])
    named = hashlib.sha256(base64.b64decode(offer.opened["certificate"])).digest()
    assert named in attributes
    offer.opened["signed_attributes"] = sites.text(attributes.replace(named, hashlib.sha256(b"x").digest()))


def a_bare_hash(offer: Offer) -> None:
    offer.opened["signed_attributes"] = sites.text(hashlib.sha256(b"what?").digest())


def no_document(offer: Offer) -> None:
    offer.opened = {**offer.opened, "hash": "00" * 32}
    del offer.opened["document"]


def _other_pdf(offer: Offer, pdf: bytes) -> None:
    offer.pdf = pdf
    offer.opened["document"].update(size=len(pdf), sha256=hashlib.sha256(pdf).hexdigest())


def a_hole_that_is_filled(offer: Offer) -> None:
    start = offer.pdf.index(b"/Contents <0000") + len(b"/Contents <")
    _other_pdf(offer, offer.pdf[:start] + b"1" + offer.pdf[start + 1 :])


def a_larger_hole(offer: Offer) -> None:
    """What lies in the hole is in no digest: whatever it shows, the signature would not cover it."""
    written = re.search(rb"/ByteRange \[\s*0 (\d+) (\d+) (\d+)", offer.pdf)
    assert written
    start, end, rest = (int(number) for number in written.groups())
    moved = f"/ByteRange [0 {start - 9} {end} {rest}".encode().ljust(len(written[0]))
    assert len(moved) == len(written[0])
    _other_pdf(offer, offer.pdf.replace(written[0], moved))


def more_after_the_end(offer: Offer) -> None:
    _other_pdf(offer, offer.pdf + b"\n% more")


def a_redirection(offer: Offer) -> None:
    offer.answers["document"] = lambda handler: sites.octets_answer(
        handler, 302, b"", {"Location": "http://localhost:9/other"}
    )


def a_flood(offer: Offer) -> None:
    offer.answers["document"] = lambda handler: sites.octets_answer(handler, 200, bytes(len(offer.pdf) * 3))


def a_code_that_served(offer: Offer) -> None:
    offer.used = True


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (other_document, "n’est pas celui qui était annoncé"),
        (other_length, "plus qu’il n’avait annoncé"),
        (not_what_was_read, "n’est pas celui que la page du site fait lire"),
        (attributes_of_another, "l’empreinte à signer n’est pas celle du document reçu"),
        (one_attribute_more, "disent autre chose que ce document"),
        (an_attribute_twice, "n’ont pas la forme attendue"),
        (another_certificate, "nomment un autre certificat que le vôtre"),
        (another_hash_of_it, "nomment un autre certificat que le vôtre"),
        (a_bare_hash, "une empreinte nue"),
        (no_document, "sans dire de quel document"),
        (a_hole_that_is_filled, "contient déjà quelque chose"),
        (a_larger_hole, "contient déjà quelque chose"),
        (more_after_the_end, "n’attend pas une signature, et une seule"),
        (a_redirection, "renvoie vers une autre adresse"),
        (a_flood, "plus qu’il n’avait annoncé"),
        (a_code_that_served, "Ce code a déjà servi."),
    ],
)
def test_what_a_site_does_not_say_truly_is_not_signed(
    card: tokens.Card, memory: Path, lie: Callable[[Offer], None], said: str
) -> None:
    """The code is not even asked for, and the page hears why."""
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN])
    lie(offer)
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 1
    assert said in talk.text, talk.text
    assert not talk.code_was_asked
    assert "value" not in offer.names
    if "Rien n’a été signé" in talk.text:
        assert ("state", {"state": "stopped", "why": "mismatch"}) in offer.asked


def test_a_person_who_does_not_want_to_sign_says_so(card: tokens.Card, memory: Path) -> None:
    offer, talk = sites.signature(card.keys["p256"]), Typed(["oui", "3"])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 1
    assert offer.asked[-1] == ("state", {"state": "stopped", "why": "declined"})
    assert not talk.code_was_asked


def test_the_document_is_opened_from_a_private_copy_that_is_removed(
    card: tokens.Card, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of PDF on this machine is given the very bytes that are signed."""
    (memory / "bin").mkdir()
    reader = memory / "bin" / "xdg-open"
    reader.write_text(
        f'#!/bin/sh\nstat -c %a "$(dirname "$1")" >"{memory}/mode"\ncp "$1" "{memory}/part"\n'
        f'mv "{memory}/part" "{memory}/read"\n'
    )
    reader.chmod(0o700)
    monkeypatch.setenv("PATH", f"{memory / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(memory))
    monkeypatch.setattr("tempfile.tempdir", None)
    offer, talk = sites.signature(card.keys["p256"]), Typed(["oui", "1", "2"])
    talk.before_code = lambda: until((memory / "read").exists, 10)
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    assert (memory / "read").read_bytes() == offer.pdf
    assert (memory / "mode").read_text().strip() == "700"
    assert not list(memory.glob("contreseing-*"))


@pytest.mark.parametrize("status", [0, 429, 502, 503], ids=lambda status: f"answer {status or 'none'}")
def test_a_value_is_handed_in_again_when_the_network_fails(
    card: tokens.Card, memory: Path, status: int
) -> None:
    """The signature is made once, however often it is sent."""
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, "oui"])

    def fail(handler: Any) -> None:
        del offer.answers["value"]
        if status:
            sites.json_answer(handler, status, {})
            return
        handler.connection.close()
        handler.wfile.close()

    offer.answers["value"] = fail
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    sent = [body for name, body in offer.asked if name == "value"]
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_the_code_is_not_asked_once_the_time_is_over(card: tokens.Card, memory: Path) -> None:
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN])
    offer.opened["expires_in"] = 0
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 1
    assert "Les dix minutes sont passées" in talk.text
    assert not talk.code_was_asked
