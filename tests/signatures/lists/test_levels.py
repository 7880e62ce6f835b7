"""Of which level a certificate is, by what it says of itself and what the lists say at two moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from signatures import levels
from signatures.demo import pki
from signatures.demo.pki import issuance
from signatures.levels import Found, Level
from signatures.lists import keeping, standing
from signatures.lists.models import ListTrial
from tests.signatures.lists.scheme import (
    GRANTED,
    QUALIFIED,
    WITHDRAWN,
    Scheme,
    Service,
    authority,
    certified,
    now,
    policy,
    signer,
    usage,
)

KEY = ec.generate_private_key(ec.SECP256R1())
DAY = dt.timedelta(days=1)
DEVICE = "compliance", "sscd"


def found(certificate: x509.Certificate, moment: dt.datetime | None = None) -> Found:
    """Ask for the level of a certificate whose chain is the demonstration's."""
    chain = [issuance.load_certificate(name).public_bytes(Encoding.DER) for name in ("issuing", "root")]
    return levels.level_of(certificate.public_bytes(Encoding.DER), chain, moment)


def keep(scheme: Scheme, *services: Service, **heading: Any) -> None:
    kept = scheme.keep(services, **heading)
    assert kept.outcome == ListTrial.Outcome.KEPT, kept.why


# what the certificate says, what the list says of its authority, the level and why
CASES: dict[str, tuple[Sequence[str], Callable[[], Service], Level, str]] = {
    "qualified, in a device": (QUALIFIED, authority, Level.QUALIFIED, ""),
    "of no type, which means a signature": (DEVICE, authority, Level.QUALIFIED, ""),
    "no device": (("compliance", "esign"), authority, Level.ADVANCED_QUALIFIED, "no_device"),
    "a device, and not qualified": (("sscd",), authority, Level.ADVANCED, "not_qualified"),
    "nothing": ((), authority, Level.ADVANCED, "not_qualified"),
    "a seal": (
        ("compliance", "sscd", "eseal"),
        lambda: authority(for_what=("ForeSeals",)),
        Level.UNKNOWN,
        "seal",
    ),
    "a site": (
        ("compliance", "web"),
        lambda: authority(for_what=("ForWebSiteAuthentication",)),
        Level.UNKNOWN,
        "web",
    ),
    "two types": (
        (*DEVICE, "esign", "eseal"),
        lambda: authority(for_what=("ForeSignatures", "ForeSeals")),
        Level.UNKNOWN,
        "several_types",
    ),
    "two types, qualified by the list alone": (
        ("esign", "eseal"),
        lambda: authority(
            for_what=("ForeSignatures", "ForeSeals"), qualifiers=[(["QCStatement", "QCWithQSCD"], policy())]
        ),
        Level.UNKNOWN,
        "several_types",
    ),
    "two types, and the list decides": (
        (*DEVICE, "esign", "eseal"),
        lambda: authority(for_what=("ForeSignatures", "ForeSeals"), qualifiers=[(["QCForESig"], policy())]),
        Level.QUALIFIED,
        "",
    ),
    "a legal person, by the list": (
        DEVICE,
        lambda: authority(for_what=(), qualifiers=[(["QCForLegalPerson"], policy())]),
        Level.UNKNOWN,
        "seal",
    ),
    "a service for seals alone": (
        QUALIFIED,
        lambda: authority(for_what=("ForeSeals",)),
        Level.ADVANCED,
        "not_granted",
    ),
    "a device by the list": (
        ("compliance", "esign"),
        lambda: authority(qualifiers=[(["QCWithQSCD"], policy())]),
        Level.QUALIFIED,
        "",
    ),
    "a device by the list, for other certificates": (
        ("compliance", "esign"),
        lambda: authority(qualifiers=[(["QCWithQSCD"], policy("1.2.3"))]),
        Level.ADVANCED_QUALIFIED,
        "no_device",
    ),
    "a device by the list, where each usage has to be there": (
        ("compliance", "esign"),
        lambda: authority(qualifiers=[(["QCWithQSCD"], usage(nonRepudiation=True, digitalSignature=True))]),
        Level.ADVANCED_QUALIFIED,
        "no_device",
    ),
    "a device by the list, by the one usage there is": (
        ("compliance", "esign"),
        lambda: authority(qualifiers=[(["QCWithQSCD"], usage(nonRepudiation=True, digitalSignature=False))]),
        Level.QUALIFIED,
        "",
    ),
    "no device, by the list": (
        QUALIFIED,
        lambda: authority(qualifiers=[(["QCNoQSCD"], policy())]),
        Level.ADVANCED_QUALIFIED,
        "no_device",
    ),
    "not qualified, by the list": (
        QUALIFIED,
        lambda: authority(qualifiers=[(["NotQualified"], policy())]),
        Level.ADVANCED,
        "not_qualified",
    ),
    "withdrawn since": (
        QUALIFIED,
        lambda: authority(
            status=WITHDRAWN, since=now() + DAY, before=[(GRANTED, dt.datetime(2017, 1, 1, tzinfo=dt.UTC))]
        ),
        Level.QUALIFIED,
        "",
    ),
    "not granted yet": (QUALIFIED, lambda: authority(since=now() + DAY), Level.ADVANCED, "not_granted"),
    "never granted": (QUALIFIED, lambda: authority(status=WITHDRAWN), Level.ADVANCED, "not_listed"),
    "another authority": (
        QUALIFIED,
        lambda: Service(signer("XX")[1]),
        Level.ADVANCED,
        "not_listed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_level_follows_the_certificate_and_the_list(
    scheme: Scheme, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements, service, level, why = CASES[case]
    listed = scheme.listed([service()])
    monkeypatch.setattr(standing, "listed", lambda: [listed])
    known = found(certified(KEY.public_key(), "Karim Benali", statements=statements))
    assert (known.level, known.basis["why"]) == (level, why), known
    said = levels.because(known.as_facts())
    assert "%(" not in said and bool(said) == ("sequence" in known.basis or bool(why))


def test_a_level_says_by_which_list(scheme: Scheme) -> None:
    keep(scheme, authority(), sequence=112)
    known = found(certified(KEY.public_key(), "Karim Benali"))
    assert known.basis["service"] == "Autorité d’essai" and known.basis["device"] == "certificate"
    assert "liste de confiance FR n°\u00a0112" in levels.because(known.as_facts())


def test_both_moments_count(scheme: Scheme) -> None:
    """Granted when it was issued and withdrawn before it signed, or granted only since: not qualified."""
    granted, withdrawn = now() - 100 * DAY, now() - 50 * DAY
    keep(scheme, authority(status=WITHDRAWN, since=withdrawn, before=[(GRANTED, granted)]))
    earlier = certified(KEY.public_key(), "Karim Benali", starts=granted - DAY)
    then = certified(KEY.public_key(), "Karim Benali", starts=granted + DAY)

    assert found(then, withdrawn - DAY).level == Level.QUALIFIED
    assert (found(then).level, found(then).basis["why"]) == (Level.ADVANCED, "withdrawn")
    since = found(earlier, withdrawn - DAY)
    assert (since.level, since.basis["why"]) == (Level.ADVANCED, "not_granted_then")


def test_a_stale_list_is_not_believed_but_for_the_days_when_it_was_in_force(scheme: Scheme) -> None:
    keep(scheme, authority(), issued=now() - 20 * DAY, following=now() - DAY)
    certificate = certified(KEY.public_key(), "Karim Benali", starts=now() - 30 * DAY)
    known = found(certificate)
    assert (known.level, known.basis["why"]) == (Level.UNKNOWN, "stale")
    assert "dépassé la date" in levels.because(known.as_facts())
    assert found(certificate, now() - 2 * DAY).level == Level.QUALIFIED


def test_without_a_list_what_claims_to_be_qualified_is_not_known(scheme: Scheme) -> None:
    known = found(certified(KEY.public_key(), "Karim Benali"))
    assert (known.level, known.basis["why"]) == (Level.UNKNOWN, "missing")
    assert found(certified(KEY.public_key(), "Karim Benali", statements=())).level == Level.ADVANCED


def test_a_list_whose_signer_is_named_no_more_makes_nothing_qualified(scheme: Scheme) -> None:
    keep(scheme, authority())
    scheme.national = signer("FR")
    keeping.keep(scheme.lotl(sequence=2), "eu-lotl.xml")
    known = found(certified(KEY.public_key(), "Karim Benali"))
    assert (known.level, known.basis["why"]) == (Level.UNKNOWN, "disowned")


def test_the_authority_of_a_list_is_enough_of_a_root(scheme: Scheme, settings: Any, tmp_path: Any) -> None:
    keep(scheme, authority())
    other = tmp_path / "other.pem"
    other.write_bytes(signer("XX")[1].public_bytes(Encoding.PEM))
    settings.TRUST_ROOTS = [other]
    assert found(certified(KEY.public_key(), "Karim Benali")).level == Level.QUALIFIED
    settings.TRUSTED_LIST_TERRITORIES = []
    unknown = found(certified(KEY.public_key(), "Karim Benali"))
    assert (unknown.level, unknown.basis["why"]) == (Level.UNKNOWN, "untrusted")


def test_a_law_of_elsewhere_makes_no_european_qualified_certificate(scheme: Scheme) -> None:
    keep(scheme, authority())
    for laws, level in ((["CH"], Level.ADVANCED), (["FR"], Level.QUALIFIED), (["CH", "FR"], Level.QUALIFIED)):
        assert found(certified(KEY.public_key(), "Karim Benali", legislation=laws)).level == level


def test_a_person_s_qualified_key_makes_nobody_else_qualified(scheme: Scheme) -> None:
    """A certificate that a qualified signatory signs with their own key: the path has no authority."""
    keep(scheme, authority())
    mayor = certified(KEY.public_key(), "Karim Benali")
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(issuance._name("Quelqu’un"))
        .issuer_name(mayor.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
    )
    for extension in mayor.extensions:
        if extension.oid.dotted_string in ("1.3.6.1.5.5.7.1.3", "2.5.29.32", "2.5.29.15"):
            forged = forged.add_extension(extension.value, critical=extension.critical)
    made = forged.sign(KEY, hashes.SHA256())
    chain = [
        mayor.public_bytes(Encoding.DER),
        issuance.load_certificate("issuing").public_bytes(Encoding.DER),
    ]
    known = levels.level_of(made.public_bytes(Encoding.DER), chain)
    assert (known.level, known.basis["why"]) == (Level.UNKNOWN, "untrusted")


def test_a_specimen_is_one_whatever_the_list_says(scheme: Scheme) -> None:
    keep(scheme, authority(qualifiers=[(["QCStatement", "QCWithQSCD"], policy(pki.DEMO_POLICY))]))
    path = pki.issue_person("specimen@essai.test", "Karim Benali", "Ville de Clairval", "Maire")

    held = pkcs12.load_pkcs12(
        path.read_bytes(), __import__("django.conf").conf.settings.PKI_PASSPHRASE.encode()
    )
    assert held.cert is not None
    assert found(held.cert.certificate).level == Level.SPECIMEN


def test_a_key_of_the_treasury_is_named(scheme: Scheme) -> None:
    key, certificate = signer("X")
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Direction Générale des Finances Publiques")]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
        .sign(key, hashes.SHA256())
    )
    known = levels.level_of(made.public_bytes(Encoding.DER))
    assert known.level == Level.UNKNOWN and "flux comptables" in levels.because(known.as_facts())


def test_levels_have_an_order(scheme: Scheme) -> None:
    assert levels.reaches("qualified", "advanced_qualified") and levels.reaches("advanced", "advanced")
    assert not levels.reaches("advanced", "advanced_qualified")
    assert not levels.reaches("specimen", "advanced") and not levels.reaches("unknown", "advanced")


def test_a_level_below_the_one_required_is_refused_with_what_to_do(scheme: Scheme) -> None:
    keep(scheme, authority(), sequence=112)
    facts = found(certified(KEY.public_key(), "Karim Benali", statements=("compliance", "esign"))).as_facts()
    assert levels.why_not(facts, "advanced_qualified", specimen=False) == ""
    assert levels.why_not(facts, "qualified", specimen=True) == ""
    said = levels.why_not(facts, "qualified", specimen=False)
    assert "avancée, par certificat qualifié" in said and "demandez un certificat" in said
    assert "dispositif qualifié" in said and "n°\u00a0112" in said
    assert levels.why_not({"level": "specimen"}, "advanced", specimen=False)
