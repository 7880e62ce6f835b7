"""Where people train, whoever comes to an office that signs gets a key of demonstration; nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from signatures.backends.demo import demo
from signatures.demo.pki import person_path
from signatures.errors import NoCertificate
from stakeholders.actions import appoint, record_authority
from stakeholders.models import AuthorityKind, Mandate, Office, Role, SigningAuthority, User
from tests.cast import Cast
from tests.pki import ServedPki
from tests.stage import run_jobs


@pytest.fixture
def office(cast: Cast) -> Office:
    return cast.organisation("org-ville").offices.create(title="Premier adjoint", role=Role.DELEGATE)


def newcomer(name: str) -> User:
    return User.objects.create_user(f"{name}@clairval.example", first_name="Ève", last_name="Nouvelle")


def come(person: User, office: Office) -> Mandate:
    found = appoint(person, office, starts_on=timezone.localdate(), actor=None)
    run_jobs()
    return found


def test_who_comes_to_sign_gets_a_key(cast: Cast, pki: ServedPki, office: Office, settings: Any) -> None:
    settings.TRAINING = True
    person = newcomer("eve")
    with pytest.raises(NoCertificate):
        demo().held_by(person)
    come(person, office)
    found = demo().held_by(person)
    assert (found.common_name, found.title) == ("Ève Nouvelle", "Premier adjoint")


def test_who_is_given_a_signature_gets_a_key(cast: Cast, pki: ServedPki, settings: Any) -> None:
    settings.TRAINING = True
    town = cast.organisation("org-ville")
    person = newcomer("rene")
    held = come(person, town.offices.create(title="Direction des services", role=Role.CONTRIBUTOR))
    assert not person_path(person.email).exists()
    mayor = Mandate.objects.get(person=cast.maire, office__role=Role.HEAD)
    act = SigningAuthority(
        kind=AuthorityKind.DELEGATION_OF_SIGNATURE,
        office=mayor.office,
        grantor=mayor,
        delegate=held,
        act="Arrêté n° 12",
        published_on=timezone.localdate(),
        starts_on=timezone.localdate(),
        covers_contract_signature=True,
        document_sha256="0" * 64,
    )
    record_authority(act, actor=None)
    run_jobs()
    assert person_path(person.email).exists()


def test_nowhere_else(cast: Cast, pki: ServedPki, office: Office) -> None:
    person = newcomer("lea")
    come(person, office)
    assert not person_path(person.email).exists()
