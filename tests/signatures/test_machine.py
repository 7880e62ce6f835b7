"""A signature from its request to DONE, then the seal: real jobs, real PKI, real database."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from signatures import actions, blobs, machine, signals, validation
from signatures.backends.demo import demo
from signatures.demo import pki
from signatures.errors import DocumentChanged, EnvelopeClosed, NotReady
from signatures.models import Envelope, SignatureRequest
from tests.owner import as_owner
from tests.signatures import documents
from tests.signatures.conftest import Signatories, ask, open_envelope, run_jobs, sign_both

pytestmark = pytest.mark.django_db(transaction=True)
State = SignatureRequest.State


def test_two_sign_and_the_file_is_sealed(sealed: Callable[[], bytes], envelope: Envelope) -> None:
    final = sealed()
    assert final.startswith(blobs.get(envelope.base_sha256))
    report = validation.validate(final, expected=documents.FIELDS)
    assert report.valid, report.problems
    assert [row.signer for row in report.signatures] == ["Hélène Marchand", "Karim Benali"]
    assert [row.algorithm for row in report.signatures] == ["sha256_ecdsa", "sha256_rsa"]
    assert {row.level for row in report.signatures} == {"B-LTA"}
    assert report.specimen


def test_each_step_leaves_its_time(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    run_jobs()
    request.refresh_from_db()
    moments = [
        request.requested_at,
        request.prepared_at,
        request.signed_at,
        request.stamped_at,
        request.done_at,
    ]
    # a token tells its hour in whole seconds, so the others are read by the second too
    known = [moment.replace(microsecond=0) for moment in moments if moment is not None]
    assert len(known) == 5
    assert known == sorted(known)
    envelope.refresh_from_db()
    assert envelope.current_sha256 == request.final_sha256


def test_news_are_sent_in_order_inside_the_transaction(envelope: Envelope, signatories: Signatories) -> None:
    heard: list[tuple[str, bool]] = []

    def listen(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        heard.append(
            (request.state, SignatureRequest.objects.filter(pk=request.pk, state=request.state).exists())
        )

    signals.signature_progressed.connect(listen)
    signals.signature_completed.connect(listen)
    try:
        ask(envelope, "Signataire-01", signatories.prefect)
        run_jobs()
    finally:
        signals.signature_progressed.disconnect(listen)
        signals.signature_completed.disconnect(listen)
    assert heard == [("prepared", True), ("signed", True), ("stamped", True), ("done", True)]


def test_a_receiver_that_fails_leaves_the_signature_undone(
    envelope: Envelope, signatories: Signatories
) -> None:
    class Refused(Exception):
        pass

    def refuse(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        raise Refused

    request = ask(envelope, "Signataire-01", signatories.prefect)
    signals.signature_completed.connect(refuse)
    try:
        with pytest.raises(Refused):
            machine.advance(request.pk)
    finally:
        signals.signature_completed.disconnect(refuse)
    request.refresh_from_db()
    envelope.refresh_from_db()
    assert request.state == State.STAMPED
    assert envelope.current_sha256 == envelope.base_sha256
    machine.advance(request.pk)
    request.refresh_from_db()
    assert request.state == State.DONE


def test_the_visible_stamp_says_who_when_and_that_it_is_a_specimen(
    sealed: Callable[[], bytes], signatories: Signatories
) -> None:
    with pikepdf.open(io.BytesIO(sealed())) as pdf:
        for annotation in pdf.pages[-1].Annots:
            resources = annotation.AP.N.Resources
            fonts = [font for _name, font in resources.Font.items()]
            assert [str(font.Subtype) for font in fonts] == ["/Type0"]
            descriptor = fonts[0].DescendantFonts[0].FontDescriptor
            assert len(descriptor.FontFile2.read_bytes()) == int(descriptor.FontFile2.Length1)
            text = _text(annotation.AP.N, fonts[0])
            assert text[0] == "Signé électroniquement par"
            assert "(heure de Paris)" in text[-2]
            assert text[-1] == "SPÉCIMEN, signature sans valeur juridique"


def _text(appearance: pikepdf.Object, font: pikepdf.Object) -> list[str]:
    """Read the lines back through the font's own ToUnicode map."""
    table = {}
    for line in font.ToUnicode.read_bytes().decode().splitlines():
        if line.startswith("<") and line.count("<") == 2:
            glyph, code = line.strip("<>").split("> <")
            table[int(glyph, 16)] = chr(int(code, 16))
    shown = []
    for instruction in pikepdf.parse_content_stream(appearance):
        if str(instruction.operator) == "Tj":
            octets = bytes(instruction.operands[0])
            glyphs = [int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2)]
            shown.append("".join(table[glyph] for glyph in glyphs))
    return shown


def test_the_metadata_stay_those_of_the_original(sealed: Callable[[], bytes], envelope: Envelope) -> None:
    with (
        pikepdf.open(io.BytesIO(sealed())) as final,
        pikepdf.open(io.BytesIO(blobs.get(envelope.base_sha256))) as base,
    ):
        assert dict(final.docinfo) == dict(base.docinfo)


def test_a_revoked_certificate_is_refused_before_the_key_is_used(
    envelope: Envelope, signatories: Signatories
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    pki.revoke(int(demo().held_by(signatories.prefect).serial, 16))
    failed: list[SignatureRequest] = []

    def listen(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        failed.append(request)

    signals.signature_failed.connect(listen)
    try:
        run_jobs()
    finally:
        signals.signature_failed.disconnect(listen)
        (pki.ensure().parent / "revoked.json").unlink()
    request.refresh_from_db()
    assert (request.state, request.error_code, request.permanent) == (
        State.FAILED,
        "certificate_revoked",
        True,
    )
    assert bytes(request.raw_signature) == b""
    assert "révoqué" in request.error_text
    assert [one.pk for one in failed] == [request.pk]
    with pytest.raises(NotReady):
        actions.retry(request)


def test_a_certificate_changed_since_the_request_is_refused(
    envelope: Envelope, signatories: Signatories
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with as_owner():
        SignatureRequest.objects.filter(pk=request.pk).update(
            certificate=demo().held_by(signatories.mayor).certificate
        )
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.error_code) == (State.FAILED, "certificate_untrusted")


def test_voiding_abandons_what_the_key_has_not_signed(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    actions.void_envelope(envelope, "Refus motivé du préfet")
    run_jobs()
    request.refresh_from_db()
    assert request.state == State.ABANDONED
    with pytest.raises(EnvelopeClosed):
        ask(envelope, "Signataire-01", signatories.prefect)


def test_voiding_while_the_file_is_finished_keeps_the_proof_but_not_the_file(
    envelope: Envelope, signatories: Signatories
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)

    def void(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        if request.state == State.STAMPED:
            actions.void_envelope(envelope, "Retiré")

    signals.signature_progressed.connect(void)
    try:
        machine.advance(request.pk)
    finally:
        signals.signature_progressed.disconnect(void)
    request.refresh_from_db()
    envelope.refresh_from_db()
    assert request.state == State.ABANDONED
    assert bytes(request.cms)
    assert envelope.current_sha256 == envelope.base_sha256


def test_sealing_waits_for_every_signature_and_happens_once(
    envelope: Envelope, signatories: Signatories
) -> None:
    ask(envelope, "Signataire-01", signatories.prefect)
    run_jobs()
    with pytest.raises(NotReady):
        actions.request_seal(envelope)
    ask(envelope, "Signataire-02", signatories.mayor)
    run_jobs()
    actions.request_seal(envelope)
    actions.request_seal(envelope)
    run_jobs()
    envelope.refresh_from_db()
    first = envelope.sealed_sha256
    actions.request_seal(envelope)
    run_jobs()
    envelope.refresh_from_db()
    assert envelope.sealed_sha256 == first
    with pytest.raises(EnvelopeClosed):
        actions.void_envelope(envelope, "trop tard")


def test_opening_twice_gives_one_envelope(envelope: Envelope) -> None:
    assert open_envelope() == envelope
    with pytest.raises(DocumentChanged):
        actions.open_envelope(
            title="autre",
            document_sha256="0" * 64,
            fields=["A"],
            specimen=True,
            idempotency_key=envelope.idempotency_key,
        )


def test_the_job_is_deferred_with_the_transaction(envelope: Envelope, signatories: Signatories) -> None:
    before = ProcrastinateJob.objects.filter(task_name="signatures.advance_request").count()
    request = ask(envelope, "Signataire-01", signatories.prefect)
    job = ProcrastinateJob.objects.filter(task_name="signatures.advance_request").latest("id")
    assert ProcrastinateJob.objects.filter(task_name="signatures.advance_request").count() == before + 1
    assert (job.lock, job.args) == (f"envelope-{envelope.pk}", {"request_id": request.pk})


def test_a_seal_asked_for_in_a_worker_goes_away_with_its_transaction(
    envelope: Envelope, signatories: Signatories
) -> None:
    class Refused(Exception):
        pass

    def ask_then_fail(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        if request.slot.field_name == "Signataire-02":
            actions.request_seal(request.slot.envelope)
            raise Refused

    ask(envelope, "Signataire-01", signatories.prefect)
    run_jobs()
    request = ask(envelope, "Signataire-02", signatories.mayor)
    signals.signature_completed.connect(ask_then_fail)
    try:
        run_jobs()
    finally:
        signals.signature_completed.disconnect(ask_then_fail)
    request.refresh_from_db()
    assert request.state == State.STAMPED
    assert not ProcrastinateJob.objects.filter(task_name="signatures.seal_envelope").exists()


def test_one_signatory_alone_both_certifies_and_closes(signatories: Signatories, blob_folder: object) -> None:
    envelope = actions.open_envelope(
        title="Arrêté",
        document_sha256=blobs.put(documents.build(["Seul"])),
        fields=["Seul"],
        specimen=True,
        idempotency_key="seul",
    )
    request = ask(envelope, "Seul", signatories.prefect)
    run_jobs()
    request.refresh_from_db()
    assert request.state == State.DONE, request.error_text
    actions.request_seal(envelope)
    run_jobs()
    envelope.refresh_from_db()
    report = validation.validate(blobs.get(envelope.sealed_sha256), expected=["Seul"])
    assert report.valid, report.problems


def test_four_sign_in_turn(signatories: Signatories, blob_folder: object) -> None:
    names = ["Signataire-01", "Signataire-02", "Signataire-03", "Signataire-04"]
    envelope = actions.open_envelope(
        title="Quatre",
        document_sha256=blobs.put(documents.build(names)),
        fields=names,
        specimen=True,
        idempotency_key="quatre",
    )
    for name, user in zip(names, [signatories.prefect, signatories.mayor] * 2, strict=True):
        request = ask(envelope, name, user)
        run_jobs()
        request.refresh_from_db()
        assert request.state == State.DONE, request.error_text
    actions.request_seal(envelope)
    run_jobs()
    envelope.refresh_from_db()
    assert validation.validate(blobs.get(envelope.sealed_sha256), expected=names).valid


def test_both_files_between_are_refused_as_archives(envelope: Envelope, signatories: Signatories) -> None:
    sign_both(envelope, signatories)
    envelope.refresh_from_db()
    report = validation.validate(blobs.get(envelope.current_sha256))
    assert not report.valid
    assert "not_sealed" in {problem.code for problem in report.problems}
