"""A document signed with a tool of one's own: that very revision and one signature, or refused by name."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from pyhanko.pdf_utils.generic import TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from signatures import actions, blobs, brought, machine
from signatures.backends.demo import demo
from signatures.brought import DocumentRefused
from signatures.demo import pki as authorities
from signatures.models import Envelope, SignatureRequest
from signatures.validation import validate
from tests.pki import ServedPki
from tests.signatures import documents, others
from tests.signatures.brought import FIRST, PREFECT, SECOND, bring, by_a_tool
from tests.signatures.conftest import Signatories, ask, open_envelope, run_jobs
from tests.signatures.stages import make_people, somebody

State = SignatureRequest.State
CERTIFIED: dict[str, Any] = {"certify": True, "docmdp_permissions": MDPPerm.FILL_FORMS}


@pytest.fixture(scope="module")
def people(pki: ServedPki) -> list[AbstractBaseUser]:
    return make_people()


@pytest.fixture(scope="module")
def base() -> bytes:
    return documents.build()


def changed(document: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    writer.root["/Lang"] = TextStringObject("fr")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def resaved(document: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(document)) as pdf:
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


REFUSED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "no PDF": ("not_pdf", lambda base: b"PK\x03\x04" + base),
    "empty": ("not_pdf", lambda base: b""),
    "not signed": ("not_signed", lambda base: base),
    "a revision without a signature": ("not_signed", changed),
    "another document": ("other_document", lambda base: by_a_tool(others.plain(), "Signature1")),
    "another contract": ("rewritten", lambda base: by_a_tool(documents.build(pages=3))),
    "written anew, then signed": ("rewritten", lambda base: by_a_tool(resaved(base))),
    "in a field of its own": ("wrong_field", lambda base: by_a_tool(base, "Signature1")),
    "in somebody else's place": ("wrong_field", lambda base: by_a_tool(base, SECOND)),
    "in both places": ("several", lambda base: by_a_tool(by_a_tool(base), SECOND)),
    "changed, then signed": ("several", lambda base: by_a_tool(changed(base))),
    "signed, then changed": ("several", lambda base: changed(by_a_tool(base))),
    "signed and archived": ("several", lambda base: by_a_tool(base, level="B-LTA")),
    "not PAdES": ("not_pades", lambda base: by_a_tool(base, level="CMS")),
    "without room for a time-stamp": ("no_room", lambda base: by_a_tool(base, bytes_reserved=None)),
    "cut short": ("unreadable", lambda base: by_a_tool(base)[:-400]),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_all_else_is_refused_by_name(kind: str, base: bytes, people: object) -> None:
    code, make = REFUSED[kind]
    with pytest.raises(DocumentRefused) as caught:
        brought.examined(make(base), base, FIRST)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("level", ["B-B", "B-T"])
@pytest.mark.parametrize("options", [{}, CERTIFIED], ids=["signed", "certified"])
def test_what_a_tool_signed_is_read_to_the_byte(
    level: str, options: dict[str, Any], base: bytes, people: object
) -> None:
    document = by_a_tool(base, level=level, **options)
    found = brought.examined(document, base, FIRST)
    assert found.certificate == demo().held_by(somebody(PREFECT)).certificate
    assert found.is_stamped == (level == "B-T")
    assert bytes.fromhex(document[found.start + 1 : found.end - 1].decode()).startswith(found.cms)
    assert (brought.token_in(found.cms) is not None) == found.is_stamped


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second"),
    [("B-B", "B-B"), ("B-T", ""), ("", "B-B"), ("B-B", "B-T")],
    ids=["both bring", "then ours", "after ours", "of two levels"],
)
def test_it_is_stamped_sealed_and_valid(first: str, second: str, signatories: Signatories) -> None:
    envelope = open_envelope()
    for field, user, level in ((FIRST, signatories.prefect, first), (SECOND, signatories.mayor, second)):
        if level:
            email = user.get_username()
            document = by_a_tool(blobs.get(envelope.current_sha256), field, level, person=email)
            request = bring(envelope, field, user, document)
        else:
            request = ask(envelope, field, user)
        run_jobs()
        request.refresh_from_db()
        envelope.refresh_from_db()
        assert request.state == State.DONE, request.error_text
    actions.request_seal(envelope)
    run_jobs()
    envelope.refresh_from_db()
    assert envelope.state == Envelope.State.SEALED, envelope.error_text
    report = validate(blobs.get(envelope.sealed_sha256), expected=documents.FIELDS)
    assert report.valid, report.problems
    assert [row.level for row in report.signatures] == ["B-LTA", "B-LTA"]


@pytest.mark.django_db
def test_a_revoked_certificate_is_found_out(signatories: Signatories, pki: ServedPki) -> None:
    envelope = open_envelope()
    email = signatories.outsider.get_username()
    document = by_a_tool(blobs.get(envelope.current_sha256), person=email)
    request = bring(envelope, FIRST, signatories.outsider, document)
    authorities.revoke(int(request.key.subject["serial"], 16))  # type: ignore[union-attr]
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.permanent) == (State.FAILED, True)
    assert request.error_code == "certificate_revoked"
    assert envelope.current_sha256 == request.document_sha256


def test_hollowing_leaves_nothing_of_the_signature(base: bytes, people: object) -> None:
    document = by_a_tool(base)
    found = brought.examined(document, base, FIRST)
    hollow = brought.hollowed(document, found.as_json())
    assert len(hollow) == len(document)
    assert set(hollow[found.start + 1 : found.end - 1]) == {ord("0")}
    assert hollow[: found.start + 1] == document[: found.start + 1]
