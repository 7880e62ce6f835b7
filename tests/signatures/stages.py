"""One contract at each stage of its signatures, signed by the steps of the machine; what a verdict blames."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from signatures import cms, pades
from signatures.backends.demo import demo
from signatures.demo import pki as authorities
from signatures.demo.pki import issuance
from signatures.validation import validate
from tests.pki import ServedPki
from tests.signatures import documents


def somebody(email: str) -> AbstractBaseUser:
    """Return a person with this login, outside any database."""
    return get_user_model()(email=email)


async def sign(
    document: bytes, field_name: str, person: AbstractBaseUser, *, first: bool, last: bool
) -> bytes:
    """Return ``document`` signed at level B-T, by the same steps as the machine."""
    issued = demo()
    certificate = issued.held_by(person)
    prepared = await pades.prepare(
        document,
        field_name,
        certificate,
        first=first,
        last=last,
        stamp_lines=[certificate.common_name],
        specimen=True,
        moment=timezone.now(),
    )
    value = issued.sign_as(person, prepared.attributes, "sha256")
    assert isinstance(value, bytes)
    token = await pades.timestamp_token(value)
    signature = cms.assemble(certificate.certificate, certificate.chain, prepared.attributes, value, token)
    return pades.embed(prepared.document, prepared.as_json(), signature)


async def sign_unasked(document: bytes, *arguments: Any, **options: Any) -> bytes:
    """Sign as a tool does that asks nothing of the document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pades, "refuse_unsound", lambda document: None)
        return await sign(document, *arguments, **options)


class Files:
    """One contract at each stage, made once for the whole file of tests."""

    def __init__(self, base: bytes, one: bytes, two: bytes, sealed: bytes) -> None:
        self.base, self.one, self.two, self.sealed = base, one, two, sealed


@pytest.fixture(scope="module")
def people(pki: ServedPki) -> list[AbstractBaseUser]:
    """Return the prefect (P-256) and the mayor (RSA-3072)."""
    return make_people()


def make_people() -> list[AbstractBaseUser]:
    """Issue the two certificates unless they exist."""
    authorities.issue_person("p@validation.test", "Hélène Marchand", "Préfecture de Clairval", "Préfète")
    authorities.issue_person(
        "m@validation.test", "Karim Benali", "Ville de Clairval", "Maire", algorithm="rsa3072"
    )
    return [somebody("p@validation.test"), somebody("m@validation.test")]


@pytest.fixture(scope="module")
def files(people: list[AbstractBaseUser]) -> Files:
    """Sign and seal one contract."""

    async def make() -> Files:
        base = documents.build()
        one = await sign(base, "Signataire-01", people[0], first=True, last=False)
        two = await sign(one, "Signataire-02", people[1], first=False, last=True)
        return Files(base, one, two, await pades.seal(two))

    return asyncio.run(make())


def codes(pdf: bytes, **options: Any) -> set[str]:
    """Return the codes of what is wrong, after checking that the verdict says so."""
    report = validate(pdf, **options)
    assert not report.valid
    assert all(problem.message for problem in report.problems)
    return {problem.code for problem in report.problems}


def self_signed() -> bytes:
    key = issuance._new_key("p256")
    name = issuance._name("Autre racine")
    certificate = issuance._build(
        name,
        key.public_key(),
        name,
        key,
        issuance._authority_extensions(None),
        starts=timezone.now(),
        days=10,
    )
    return certificate.public_bytes(Encoding.PEM)
