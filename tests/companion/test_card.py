"""The card itself: its code refused, nearly locked or locked; pulled out, elsewhere and killed; enrolled."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import PyKCS11
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from contreseing_sign import attributes, certificates, enrolling, modules, using
from contreseing_sign import card as cards
from contreseing_sign.card import Module, PinState
from contreseing_sign.refusals import Mismatch, Stopped
from signatures import cms
from signatures.demo.pki import issuance
from tests.companion import sites, tokens
from tests.companion.talks import SIGN, Typed, run
from tests.signatures import hsm

pytestmark = pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed")


def test_a_wrong_code_is_said_and_may_be_typed_again(card: tokens.Card, memory: Path) -> None:
    """Before the second try, what the card says of its counter is said."""
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, "oui"], [tokens.WRONG, tokens.PIN])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    refused = talk.text.index("La carte refuse ce code")
    assert talk.text.rindex("un code faux a déjà été saisi") > refused
    assert offer.names.count("value") == 1


def test_a_wrong_code_is_never_tried_again_by_itself(card: tokens.Card, memory: Path) -> None:
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, ""], [tokens.WRONG])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 1
    assert talk.codes == []
    assert offer.asked[-1] == ("state", {"state": "stopped", "why": "declined"})


@pytest.mark.parametrize(
    ("flags", "answers", "said", "stopped"),
    [
        ({"locked": True}, [], "Le code de cette carte est bloqué", "pin_locked"),
        ({"last_try": True, "tries_gone": True}, ["oui"], "dernier essai", ""),
        ({"last_try": True}, [""], "dernier essai", "declined"),
        ({"tries_gone": True}, [], "un code faux a déjà été saisi", ""),
        ({"to_be_changed": True}, [], "demande que son code soit changé", ""),
        ({"on_the_reader": True}, [], "sur le clavier du lecteur", ""),
    ],
)
def test_what_the_card_says_of_its_code_is_said_before(
    flags: dict[str, bool], answers: list[str], said: str, stopped: str
) -> None:
    none = dict.fromkeys(("locked", "last_try", "tries_gone", "to_be_changed", "on_the_reader"), False)
    talk = Typed(answers)
    try:
        using._say_of_the_code(talk, PinState(**{**none, **flags}))
        ended, text = "", talk.text
    except Stopped as error:
        ended, text = error.word, f"{talk.text}\n{error}"
    assert ended == stopped
    assert said in text
    assert not answers


def test_the_flags_of_a_token_are_read(card: tokens.Card) -> None:
    """SoftHSM says that a code was wrong, and forgets it after a good one; it never locks."""
    with Module(hsm.LIBRARY) as module:
        held = next(one for one in module.certificates() if one.key == b"\x01")
        with pytest.raises(cards.WrongPin):
            module.sign(held, b"data", tokens.WRONG, lambda: None)
        assert module.pin_state(held) == PinState(False, False, True, False, False)
        module.sign(held, b"data", tokens.PIN, lambda: None)
        assert module.pin_state(held) == PinState(False, False, False, False, False)


def test_a_reader_with_keys_is_given_no_code(card: tokens.Card) -> None:
    """It is typed on the reader: C_Login is called without one, which SoftHSM, having no keys, refuses."""
    with Module(hsm.LIBRARY) as module:
        held = next(one for one in module.certificates() if one.key == b"\x01")
        with pytest.raises(cards.CardGone, match="CKR_ARGUMENTS_BAD"):
            module.sign(held, b"data", None, lambda: None)


def test_each_way_of_signing_gives_a_value_that_verifies(card: tokens.Card) -> None:
    """A card that only takes one of them signs too; a token's own word is never taken for it."""
    key = card.keys["rsa3072"]
    every = {PyKCS11.CKM_RSA_PKCS, PyKCS11.CKM_SHA256_RSA_PKCS, PyKCS11.CKM_SHA256_RSA_PKCS_PSS}
    with Module(hsm.LIBRARY) as module:
        held = next(one for one in module.certificates() if one.fingerprint == fingerprint(key))
        for only in sorted(every):
            session = module._library.openSession(held.slot)
            session.login(tokens.PIN)
            ((number, _data),) = cards.ways(held.certificate, b"data", {only})
            assert number == only
            signed = cards._begun(session, cards._private_key(session, held), [(number, _data)])
            value = PyKCS11.ckbytelist()
            cards._succeed(session.lib.C_Sign(session.session, PyKCS11.ckbytelist(signed), value))
            cards._succeed(session.lib.C_Sign(session.session, PyKCS11.ckbytelist(signed), value))
            assert cards.verified(held.certificate, b"data", bytes(value))
            with pytest.raises(cards.WrongValue):
                cards.verified(held.certificate, b"other data", bytes(value))
            session.logout()
            session.closeSession()
    with pytest.raises(cards.CardGone, match="no mechanism"):
        cards.ways(key.certificate.certificate, b"data", {PyKCS11.CKM_ECDSA})


def test_a_key_that_wants_its_code_for_each_signature_signs(
    card: tokens.Card, memory: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CKA_ALWAYS_AUTHENTICATE, as on the cards that sign with a qualified certificate."""
    key, pem = tokens.issued("p256")
    tokens.make(tmp_path_factory.mktemp("each"), monkeypatch, (key, pem))
    tokens.within(lambda session: want_the_code_each_time(session, pem), tokens.PIN)
    offer, talk = sites.signature(key), Typed([*SIGN])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    attributes_ = base64.b64decode(offer.opened["signed_attributes"])
    assert cms.normalised_value(key.certificate.certificate, attributes_, offer.value())


def want_the_code_each_time(session: PyKCS11.Session, pem: bytes) -> None:
    """Have the same key, which wants it, take the place of the key."""
    (key,) = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])
    session.destroyObject(key)
    private = load_pem_private_key(pem, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    session.createObject(
        [
            (PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY),
            (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_EC),
            (PyKCS11.CKA_TOKEN, True),
            (PyKCS11.CKA_PRIVATE, True),
            (PyKCS11.CKA_SIGN, True),
            (PyKCS11.CKA_ALWAYS_AUTHENTICATE, True),
            (PyKCS11.CKA_ID, b"\x01"),
            (PyKCS11.CKA_EC_PARAMS, cms.oid("1.2.840.10045.3.1.7")),
            (PyKCS11.CKA_VALUE, private.private_numbers().private_value.to_bytes(32, "big")),
        ]
    )


@pytest.fixture
def elsewhere(card: tokens.Card, monkeypatch: pytest.MonkeyPatch) -> Iterator[tokens.Elsewhere]:
    """The card in the reader of another machine."""
    if not tokens.REMOTE or shutil.which("p11-kit") is None:
        pytest.skip("p11-kit is not installed")
    served = tokens.Elsewhere(card)
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    yield served
    served.kill()


@pytest.mark.kill
@pytest.mark.parametrize("when", ["before the code", "in the middle of the signature"])
def test_a_card_that_goes_away_signs_nothing_until_it_is_back(
    card: tokens.Card, memory: Path, elsewhere: tokens.Elsewhere, when: str
) -> None:
    """The process that serves the token is killed: the page hears of it; the same request is signed later."""
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, "oui"], [tokens.PIN, tokens.PIN])
    if when == "before the code":
        talk.before_code = elsewhere.kill
    else:
        talk.when_said["Code accepté"] = elsewhere.kill

    def back() -> None:
        assert "value" not in offer.names
        talk.before_code = lambda: None
        elsewhere.start()

    talk.when_said["ne répond plus"] = back
    with sites.served(offer) as origin:
        assert run(talk, origin, memory, module=tokens.REMOTE) == 0, talk.text
    assert talk.text.count("ne répond plus") == 1
    assert offer.names == ["open", "document", "fetched", "pin", "waiting", "pin", "value"]


@pytest.mark.kill
def test_a_card_that_never_comes_is_said(
    card: tokens.Card, memory: Path, elsewhere: tokens.Elsewhere
) -> None:
    """Nothing answers at all: the program says which modules it asked, and leaves when told to."""
    elsewhere.kill()
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, "", "q"])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory, module=tokens.REMOTE) == 1
    assert "p11-kit-client.so" in talk.text
    assert offer.asked[-1] == ("state", {"state": "stopped", "why": "card_absent"})
    assert not talk.code_was_asked


def test_another_module_may_be_named_and_is_remembered(card: tokens.Card, memory: Path) -> None:
    """What is typed where a card is missing; the next signature proposes it first."""
    other = memory / "other.so"
    shutil.copy(hsm.LIBRARY, other)
    offer, talk = sites.signature(card.keys["p256"]), Typed([*SIGN, str(other)])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory, module=str(memory / "nothing.so")) == 0, talk.text
    assert "Sans réponse : nothing.so" in talk.text.replace("\u00a0", " ")
    assert modules.found(str(other))[0] == str(other)
    assert str(other) in (memory / "known.json").read_text()


def fingerprint(key: tokens.Key) -> str:
    return hashlib.sha256(key.certificate.certificate).hexdigest()


def test_a_certificate_is_enrolled_by_a_proof_that_signs_no_document(card: tokens.Card, memory: Path) -> None:
    """The person chooses among their certificates, not those of authorities; the key proves it is there."""
    offer, talk = sites.enrolment(), Typed(["oui", "oui", "2"])
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 0, talk.text
    assert offer.names == ["open", "fetched", "pin", "certificate"]
    (sent,) = [body for name, body in offer.asked if name == "certificate"]
    certificate = base64.b64decode(sent["certificate"])
    assert hashlib.sha256(certificate).hexdigest() == fingerprint(card.keys["rsa3072"])
    assert [base64.b64decode(other) for other in sent["chain"]] == [card.keys["p256"].certificate.chain[0]]
    proof, proved = base64.b64decode(sent["proof"]), enrolling.challenge(origin, sites.NONCE, certificate)
    assert cards.verified(certificate, proved, proof) == proof
    for other in (
        enrolling.challenge("https://elsewhere.test", sites.NONCE, certificate),
        enrolling.challenge(origin, "6b" * 32, certificate),
        cms.signed_attributes(certificate, b"\x01" * 32),
    ):
        with pytest.raises(cards.WrongValue):
            cards.verified(certificate, other, proof)
    with pytest.raises(Mismatch):
        attributes.check(proved, certificate, b"\x01" * 32)


def test_of_what_a_card_holds_only_its_authorities_are_given(card: tokens.Card) -> None:
    """A module may show a hundred of them; the site takes a few."""
    own = card.keys["p256"].certificate
    others = [issuance.load_certificate("tsa").public_bytes(Encoding.DER)]
    others += [card.keys["rsa3072"].certificate.certificate] * 20
    assert certificates.issuers(own.certificate, [*others, *reversed(own.chain)]) == list(own.chain)
    assert len(own.chain) == 2


def test_a_proof_is_not_given_for_a_challenge_that_the_site_wrote(card: tokens.Card, memory: Path) -> None:
    """What a site sends in place of its nonce, signed attributes for one, is not signed."""
    certificate = card.keys["p256"].certificate.certificate
    offer, talk = sites.enrolment(), Typed(["oui", "oui", "1"])
    offer.opened["nonce"] = cms.signed_attributes(certificate, b"\x01" * 32).hex()
    with sites.served(offer) as origin:
        assert run(talk, origin, memory) == 1
    assert not talk.code_was_asked


def test_an_elliptic_value_comes_as_the_site_wants_it(card: tokens.Card) -> None:
    """A card answers r‖s; CMS wants an ECDSA-Sig-Value (RFC 3279 § 2.2.3)."""
    with Module(hsm.LIBRARY) as module:
        held = next(one for one in module.certificates() if one.key == b"\x01")
        value = module.sign(held, b"data", tokens.PIN, lambda: None)
    public = x509.load_der_x509_certificate(held.certificate).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(value, b"data", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(value, b"other", ec.ECDSA(hashes.SHA256()))
