"""The end of the platform's own certificates (seal, time-stamping), told to who administers it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core import mail
from django.utils import timezone

from signatures import ending, keys
from signatures.backends import SigningCertificate
from signatures.backends.demo import demo
from signatures.models import EnrolledKey
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.stage import run_jobs
from workflow.keys.jobs import warn_of_ending_keys
from workflow.record.models import JournalEntry


@pytest.fixture
def seal(cast: Cast, tmp_path: Path, settings: Any) -> SigningCertificate:
    """The certificate of a seal, as SEAL_CERTIFICATES gives it; its module is asked nothing."""
    held = demo().held_by(cast.prefete)
    pem = tmp_path / "seal.pem"
    pem.write_bytes(x509.load_der_x509_certificate(held.certificate).public_bytes(Encoding.PEM))
    settings.SEAL = {"module": "absent.so", "token": "t", "key": "k", "pin_secret": "", "certificates": pem}
    return held


def told_as_it_ends(found: SigningCertificate, verb: str) -> list[int]:
    """Return how often it was told in all, on days that come nearer to its end."""
    counts = []
    for days in (61, 60, 59, 15, 14, 1, -1):
        at = found.not_after - dt.timedelta(days=days) + dt.timedelta(minutes=1)
        with time_machine.travel(at, tick=False):
            warn_of_ending_keys(0)
        entries = JournalEntry.objects.filter(verb=verb, payload__fingerprint=found.fingerprint)
        counts.append(entries.count())
    return counts


def subjects(address: str) -> list[str]:
    return [str(sent.subject) for sent in mail.outbox if address in sent.to]


def test_the_end_of_the_seal_is_told_twice_to_who_administers_the_platform(
    cast: Cast, seal: SigningCertificate
) -> None:
    assert told_as_it_ends(seal, "seal_ending") == [0, 1, 1, 2, 2, 2, 2]
    run_jobs()
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    assert administrators.exists()
    for person in administrators:
        found = [one for one in subjects(person.email) if "cachet de la plateforme prend fin le" in one]
        assert len(found) == 2
    for person in (cast.dgs, cast.outsider):
        assert not [one for one in subjects(person.email) if "cachet" in one]


def test_a_new_seal_is_told_of_anew(cast: Cast, seal: SigningCertificate, settings: Any) -> None:
    told_as_it_ends(seal, "seal_ending")
    other = demo().held_by(cast.maire)
    pem = settings.SEAL["certificates"]
    pem.write_bytes(x509.load_der_x509_certificate(other.certificate).public_bytes(Encoding.PEM))
    assert told_as_it_ends(other, "seal_ending")[-1] == 2
    pem.write_bytes(b"no certificate")
    assert [use for use, _one in ending.last_seen() if use == "seal"] == [], "people are told all the same"
    warn_of_ending_keys(0)


def test_what_the_module_showed_last_counts_where_no_file_says_it(
    cast: Cast, seal: SigningCertificate, settings: Any
) -> None:
    settings.SEAL = {**settings.SEAL, "certificates": None}
    assert list(ending.last_seen()) == [], "it was not met yet"
    EnrolledKey.objects.filter(fingerprint=seal.fingerprint).update(ended_at=timezone.now(), ended_why="x")
    keys.enrol(None, "pkcs11", seal, settings={})
    assert [(use, one.fingerprint) for use, one in ending.last_seen()] == [("seal", seal.fingerprint)]


def test_the_end_of_the_authority_that_time_stamped_last_is_told_twice(cast: Cast) -> None:
    assert list(ending.last_seen()) == [], "nothing was time-stamped yet"
    plot.sign_next(plot.at_signing(cast))
    [(use, found)] = ending.last_seen()
    assert use == "timestamp"
    assert told_as_it_ends(found, "timestamping_ending") == [0, 1, 1, 2, 2, 2, 2]
    run_jobs()
    assert [one for one in subjects(cast.admin.email) if "horodatage prend fin" in one]
