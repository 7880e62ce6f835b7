"""Remote signing (CSC v1.0.4 and v2) against a strict service, really served: what signs, what is refused."""

from __future__ import annotations

import pytest
from django.test import override_settings

from signatures import cms
from signatures.csc import client, credentials, faults
from signatures.csc.providers import Service, service
from tests.csc.held import key_of
from tests.csc.scene import BACK, STATE, VERSIONS, account, attributes_of, authorised, signed
from tests.csc.server import StrictService
from tests.signatures.conftest import Signatories

pytestmark = pytest.mark.django_db


@VERSIONS
@pytest.mark.parametrize("name", ["P", "M"])
@pytest.mark.parametrize("details", [True, False])
def test_a_key_signs_what_was_authorised(
    strict: StrictService, remote: Service, name: str, details: bool
) -> None:
    with override_settings(CSC_SERVICES=[strict.settings(details=details)]):
        remote, key = service("essai"), strict.keys[name]
        attributes, digest = attributes_of(key)
        access = authorised(strict, remote, key, digest)
        values = signed(strict, remote, key, access, digest)
    assert isinstance(values, list)
    assert cms.normalised_value(key.chain[0], attributes, values[0])
    assert key.signed == [digest]


@VERSIONS
def test_an_rsa_key_that_only_knows_pss_signs(strict: StrictService, remote: Service) -> None:
    key = strict.keys["M"]
    key.algorithms = ["1.2.840.113549.1.1.10"]
    attributes, digest = attributes_of(key)
    values = signed(strict, remote, key, authorised(strict, remote, key, digest), digest)
    assert isinstance(values, list)
    assert cms.normalised_value(key.chain[0], attributes, values[0])
    asked = [body for path, body in strict.heard if path == "signatures/signHash"][-1]
    assert asked["signAlgoParams"], "the salt and the two hashes are said"


@VERSIONS
def test_hashes_of_every_alphabet_pass(strict: StrictService, remote: Service) -> None:
    """Base64url in the address, base64 in the body: some hash has a + or a /, which tells them apart."""
    key = strict.keys["P"]
    key.most = 20
    hashes = [attributes_of(key, b"%d" % number)[1] for number in range(20)]
    access = authorised(strict, remote, key, *hashes)
    values = signed(strict, remote, key, access, *hashes)
    assert isinstance(values, list)
    assert len(values) == 20
    assert key.signed == hashes


@VERSIONS
def test_an_authorisation_serves_once(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    _attributes, digest = attributes_of(key)
    access = authorised(strict, remote, key, digest)
    signed(strict, remote, key, access, digest)
    with pytest.raises(faults.ActivationInvalid, match="déjà servi"):
        signed(strict, remote, key, access, digest)
    assert len(key.signed) == 1


@VERSIONS
def test_an_authorisation_is_for_its_document(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    access = authorised(strict, remote, key, attributes_of(key)[1])
    with pytest.raises(faults.ActivationOfAnother, match="pas pour ce document"):
        signed(strict, remote, key, access, attributes_of(key, b"un autre")[1])
    assert key.signed == []


@pytest.mark.parametrize("strict", ["2"], indirect=True)
def test_a_service_that_authorised_another_document_is_not_believed(
    strict: StrictService, remote: Service
) -> None:
    key = strict.keys["P"]
    digest = attributes_of(key)[1]
    strict.says = lambda said: f"A{said[1:]}" if said[0] != "A" else f"B{said[1:]}"
    with pytest.raises(faults.ActivationOfAnother):
        authorised(strict, remote, key, digest)


@VERSIONS
def test_an_authorisation_ends(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    digest = attributes_of(key)[1]
    access = authorised(strict, remote, key, digest)
    strict.ahead = 301
    expected = faults.ActivationExpired if strict.version == "1" else faults.AccountClosed
    with pytest.raises(expected):
        signed(strict, remote, key, access, digest)


@VERSIONS
def test_a_person_may_refuse_there(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    digest = attributes_of(key)[1]
    for answers in ({"answer": "no"}, {"pin": "0000"}):
        with pytest.raises(faults.AuthorisationRefused, match="pas été donnée"):
            authorised(strict, remote, key, digest, **answers)


@VERSIONS
def test_a_code_is_redeemed_once_by_who_left(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    address = client.leave_for(remote, "service", state=STATE, back=BACK, language="fr")
    code = strict.consent(address, key.owner)["code"]
    with pytest.raises(faults.AuthorisationEnded):
        client.redeem(remote, code, state=f"{STATE} d’un autre", back=BACK)
    with pytest.raises(faults.AuthorisationEnded):
        client.redeem(remote, code, state=STATE, back=BACK)
    again = strict.consent(address, key.owner)["code"]
    assert client.redeem(remote, again, state=STATE, back=BACK).token
    with pytest.raises(faults.AuthorisationEnded, match="déjà servi"):
        client.redeem(remote, again, state=STATE, back=BACK)


@VERSIONS
def test_the_account_says_its_keys(strict: StrictService, remote: Service, signatories: Signatories) -> None:
    for name in ("P2", "P3"):
        strict.keys[name] = key_of(signatories.prefect, name)
    access = account(strict, remote, signatories.prefect.email)
    assert client.identifiers(remote, access) == ["P", "P2", "P3"], "page after page"
    found = client.credential(remote, access, "P")
    assert (found.mode, found.bound, found.most, found.enabled) == ("oauth2code", True, 5, True)
    assert [found.certificate, *found.chain] == strict.keys["P"].chain, "in the order of the chain"
    with pytest.raises(faults.KeyDisabled):
        client.credential(remote, access, "M")


@VERSIONS
def test_codes_are_typed_here_and_counted_there(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    key.mode, key.otp = "explicit", True
    access = account(strict, remote, key.owner)
    mine = client.credential(remote, access, "P")
    assert [one.identifier for one in mine.asked] == ["PIN", "OTP"]
    attributes, digest = attributes_of(key)
    client.challenge(remote, access, "P", "OTP")
    right = {"PIN": key.pin, "OTP": key.sent_otp}
    wrong_pin = faults.PinWrong if strict.version == "1" else faults.CodesWrong
    wrong_otp = faults.OtpWrong if strict.version == "1" else faults.CodesWrong
    with pytest.raises(wrong_pin, match="bloquent la clé"):
        client.activate(remote, access, mine, [digest], {**right, "PIN": "1111"}, "essai")
    with pytest.raises(wrong_otp):
        client.activate(remote, access, mine, [digest], {**right, "OTP": "000000x"}, "essai")
    sad = client.activate(remote, access, mine, [digest], right, "essai")
    (value,) = client.sign(remote, access, mine, [digest], sad)  # type: ignore[misc]
    assert cms.normalised_value(mine.certificate, attributes, value)
    for _try in range(2):
        with pytest.raises(wrong_pin):
            client.activate(remote, access, mine, [digest], {**right, "PIN": "1111"}, "essai")
    for _try in range(2):
        with pytest.raises(faults.KeyLockedThere, match="bloquée"):
            client.activate(remote, access, mine, [digest], {**right, "PIN": "1111"}, "essai")


@VERSIONS
def test_what_a_key_cannot_do_is_said(strict: StrictService, remote: Service) -> None:
    key = strict.keys["P"]
    key.mode, key.most = "explicit", 2
    access = account(strict, remote, key.owner)
    digest = attributes_of(key)[1]
    typed = {"PIN": key.pin}
    mine = client.credential(remote, access, "P")
    with pytest.raises(faults.TooManyAtOnce):
        client.activate(remote, access, mine, [digest] * 3, typed, "essai")
    with pytest.raises(faults.DigestUnfit):
        client.activate(remote, access, mine, [digest[:20]], typed, "essai")
    key.status = "expired"
    with pytest.raises(faults.CertificateOver):
        client.activate(remote, access, mine, [digest], typed, "essai")
    with pytest.raises(faults.CertificateOver):
        client.credential(remote, access, "P").refuse_unusable("essai")
    key.status, key.enabled = "valid", False
    with pytest.raises(faults.KeyDisabled):
        client.activate(remote, access, mine, [digest], typed, "essai")
    key.enabled, key.algorithms = True, ["1.2.840.10045.4.3.1"]
    with pytest.raises(faults.AlgorithmUnfit):
        client.credential(remote, access, "P").refuse_unusable("essai")


@VERSIONS
def test_another_platform_is_not_taken_for_us(strict: StrictService) -> None:
    wrong = strict.settings(client_secret="faux", grant="client")
    with (
        override_settings(CSC_SERVICES=[wrong]),
        pytest.raises(faults.NotRecognised, match="administrateur"),
    ):
        client.enter(service("essai"))
    with override_settings(CSC_SERVICES=[strict.settings(grant="client")]):
        found = service("essai")
        assert client.identifiers(found, client.enter(found)) == ["P", "M"]
        with pytest.raises(faults.AccountClosed):
            client.identifiers(found, client.Access("un-jeton-de-personne", 60))
        with pytest.raises(faults.UnknownService, match="disparu"):
            service("disparu")


@pytest.mark.parametrize("strict", ["2"], indirect=True)
def test_a_service_may_sign_later(strict: StrictService) -> None:
    with override_settings(CSC_SERVICES=[strict.settings(asynchronous=True)]):
        remote, key = service("essai"), strict.keys["P"]
        attributes, digest = attributes_of(key)
        access = authorised(strict, remote, key, digest)
        pending = signed(strict, remote, key, access, digest)
        assert isinstance(pending, client.Pending)
        said = [client.poll(remote, access, pending, 1) for _time in range(3)]
    assert said[:2] == [None, None]
    assert said[2] is not None
    assert cms.normalised_value(key.chain[0], attributes, said[2][0])


def test_an_expression_says_what_is_needed() -> None:
    asked = tuple(credentials.Asked(name, "", True, True, False) for name in ("PIN", "OTP", "TAN"))
    rule = "PIN AND (OTP OR TAN)"
    assert credentials.is_enough(rule, asked, {"PIN", "TAN"})
    assert not credentials.is_enough(rule, asked, {"OTP", "TAN"})
    assert not credentials.is_enough(rule, asked, {"PIN"})
    assert not credentials.is_enough("", asked, {"PIN"}), "nothing said: everything"
    assert not credentials.is_enough("PIN XOR OTP", asked, {"PIN"}), "not understood: everything"
