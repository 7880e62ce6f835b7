"""What other tools may honestly do leaves the question open, and saves no file that was changed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from signatures import pades
from signatures.report import Report, Verdict
from signatures.validation import validate_here
from tests.attacks.forging import PAINT, Forger, stream
from tests.attacks.test_files import FORGERIES
from tests.pki import ServedPki
from tests.signatures import documents, others
from tests.signatures.stages import make_people, sign

NEW = 6_000


def made(document: bytes, level: str = "B-LT", **options: Any) -> bytes:
    return asyncio.run(others.signed(document, level, **options))


@pytest.fixture(scope="module")
def archive(pki: ServedPki) -> Forger:
    """Return a workshop over another tool's archive."""
    return Forger(made(others.plain(), "B-LTA"))


def with_a_text_field() -> bytes:
    """Return a form with one field of text, and no signature."""
    with pikepdf.open(io.BytesIO(others.plain())) as pdf:
        page = pdf.pages[0]
        text = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("Lieu"),
            Rect=pikepdf.Array([50, 50, 200, 70]),
            P=page.obj,
        )
        field = pdf.make_indirect(text)
        page.Annots = pdf.make_indirect(pikepdf.Array([field]))
        pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field])))
        output = io.BytesIO()
        pdf.save(output)
    return output.getvalue()


def filled(signed: bytes, *, moved: bool = False) -> bytes:
    """Return the form with its field filled in, and moved over the text besides."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[NameObject("/V")] = TextStringObject("Clairval")
    if moved:
        field["/Rect"][3] = field["/Rect"][2]
    writer.update_container(field)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def ber(signed: bytes) -> bytes:
    """Return the file with its CMS as BER writes it, without saying its length."""
    begin = signed.rindex(b"/Contents <") + len(b"/Contents <")
    end = signed.index(b">", begin)
    cms = bytes.fromhex(signed[begin:end].decode())
    size = int.from_bytes(cms[2:4], "big")
    assert cms[:2] == b"\x30\x82"
    loose = b"\x30\x80" + cms[4 : 4 + size] + b"\0\0"
    return signed[:begin] + loose.hex().ljust(end - begin, "0").encode() + signed[end:]


def hybrid() -> bytes:
    """Return a file with a second table for those who read it, as word processors write."""
    pdf = others.plain()
    at = len(pdf)
    previous = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        size, root = int(opened.trailer.Size), opened.Root.objgen[0]
    rows = bytes([1, *at.to_bytes(4, "big"), 0])
    entries = f"/Type /XRef /W [1 4 1] /Index [{size} 1] /Size {size + 1} /Root {root} 0 R"
    pdf += b"%d 0 obj\n" % size + stream(rows, entries) + b"\nendobj\n"
    table = len(pdf)
    trailer = f"<< /Size {size + 1} /Root {root} 0 R /Prev {previous} /XRefStm {at} >>"
    return pdf + f"xref\n0 0\ntrailer\n{trailer}\nstartxref\n{table}\n%%EOF\n".encode()


def repainted(f: Forger) -> dict[int, bytes]:
    return {f.parts.contents: stream(PAINT)}


def title(f: Forger, key: str) -> dict[int, bytes]:
    if f"/{key} (".encode() not in f.body(f.parts.info):
        return {f.parts.info: f.with_key(f.parts.info, f"/{key} (Autre)")}
    return {f.parts.info: f.changed(f.parts.info, f"/{key} (", f"/{key} (Autre ")}


def judged(pdf: bytes, verdict: Verdict, *codes: str) -> Report:
    report = validate_here(pdf)
    assert report.verdict == verdict, report.problems
    assert set(codes) <= {problem.code for problem in report.problems}, report.problems
    assert not report.valid
    return report


Forgery = Callable[[Forger], dict[int, bytes]]
ODD: dict[str, tuple[str, Callable[[Forger, Forgery], bytes]]] = {
    "comments between the objects": (
        "loose_bytes",
        lambda f, more: f.stamped(more(f), between=b"% Un outil, version 1.0\n"),
    ),
    "an object left over": ("unused_objects", lambda f, more: f.stamped({NEW: b"(reste)", **more(f)})),
    "proofs written anew": (
        "proofs_rewritten",
        lambda f, more: f.stamped(
            {
                f.parts.root: f.changed(f.parts.root, f"/DSS {f.parts.dss} 0 R", f"/DSS {NEW} 0 R"),
                NEW: f.body(f.parts.dss),
                **more(f),
            }
        ),
    ),
    "a producer of its own": (
        "properties_rewritten",
        lambda f, more: f.stamped({**title(f, "Producer"), **more(f)}),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_archive_is_open_and_a_changed_one_refused(archive: Forger, name: str) -> None:
    code, make = ODD[name]
    report = judged(make(archive, lambda f: {}), Verdict.INDETERMINATE, code)
    assert [problem.code for problem in report.problems] == [code], "the rest was judged"
    assert report.signatures and report.signatures[0].signer
    assert "emandez le fichier" in report.problems[0].message
    judged(make(archive, repainted), Verdict.FAILED)
    judged(make(archive, lambda f: title(f, "Title")), Verdict.FAILED)


OPEN = {  # nothing of these is shown, and nothing that was signed is changed
    "chain, a comment between the objects",
    "chain, padding between the objects",
    *("covered, a useless object", "covered, a useless page"),
    *("covered, proofs taken away", "covered, proofs emptied", "covered, text in the proofs"),
    *("covered, other proofs", "covered, no proofs"),
}
NOT_OF_THIS_FILE = ("certification", "the seal taken", "another stamp", "an empty signature field")


def test_what_was_forged_over_another_tools_archive_is_told_from_what_is_odd(archive: Forger) -> None:
    tried = [name for name in FORGERIES if not any(word in name for word in NOT_OF_THIS_FILE)][::5]
    for name in sorted({*tried, *OPEN, "covered, a form script", "chain, data in another file"}):
        report = validate_here(FORGERIES[name](archive))
        expected = Verdict.INDETERMINATE if name in OPEN else Verdict.FAILED
        assert report.verdict == expected, (name, report.problems)


def test_a_signature_in_ber_reaches_no_level_and_hides_nothing(pki: ServedPki) -> None:
    signed = made(others.plain())
    loose = ber(signed)
    report = judged(loose, Verdict.INDETERMINATE, "ber_contents")
    assert report.signatures[0].level == ""
    judged(loose.replace(b"/Helvetica", b"/Helvetice", 1), Verdict.FAILED, "broken")
    padded = loose.rindex(b"0" * 40)
    judged(loose[:padded] + b"deadbeef" + loose[padded + 8 :], Verdict.FAILED, "bad_contents")


def test_a_form_filled_in_where_the_signature_permits_it(pki: ServedPki) -> None:
    form = with_a_text_field()
    permits: dict[str, Any] = {"certify": True, "docmdp_permissions": MDPPerm.FILL_FORMS}
    forbids: dict[str, Any] = {"certify": True, "docmdp_permissions": MDPPerm.NO_CHANGES}
    for options in (permits, dict[str, Any]()):
        signed = made(form, **options)
        assert validate_here(signed).valid
        report = judged(filled(signed), Verdict.INDETERMINATE, "form_filled")
        assert "remplis ensuite" in report.problems[0].message
        judged(filled(signed, moved=True), Verdict.FAILED)
    judged(filled(made(form, **forbids)), Verdict.FAILED, "forbidden_change")


def test_a_second_signer_who_adds_a_field_is_judged_to_the_end(pki: ServedPki) -> None:
    twice = made(made(others.plain()), field="Signature2")
    report = judged(twice, Verdict.INDETERMINATE, "field_added")
    assert [row.field for row in report.signatures] == ["Signature1", "Signature2"]
    judged(twice.replace(b"/Helvetica", b"/Helvetice", 1), Verdict.FAILED, "broken")


def test_a_hybrid_file_is_open_only_as_it_was_signed(pki: ServedPki) -> None:
    signed = made(hybrid(), "B-B", strict=False)
    report = judged(signed, Verdict.INDETERMINATE, "hybrid_table")
    assert {problem.code for problem in report.problems} == {"hybrid_table"}
    changed = signed.replace(b"/Count 2", b"/Count 1", 1)
    judged(changed, Verdict.FAILED, "broken")
    old = signed[signed.rindex(b"startxref") :]
    judged(signed + b"7000 0 obj\n<< >>\nendobj\n" + old, Verdict.FAILED)
    table = len(signed)
    later = f"xref\n0 0\ntrailer\n<< /Size 99 /Root 1 0 R /Prev 9 /XRefStm 9 >>\nstartxref\n{table}\n%%EOF\n"
    judged(signed + later.encode(), Verdict.FAILED, "bad_table")


def test_our_own_contracts_are_never_given_the_benefit(pki: ServedPki) -> None:
    people = make_people()

    async def make() -> bytes:
        one = await sign(documents.build(), "Signataire-01", people[0], first=True, last=False)
        return await pades.seal(await sign(one, "Signataire-02", people[1], first=False, last=True))

    ours = Forger(asyncio.run(make()))
    assert validate_here(ours.pdf).valid
    for _code, odd in ODD.values():
        judged(odd(ours, lambda f: {}), Verdict.FAILED)
    for profile in ("contract", "general"):
        odd_one = ODD["an object left over"][1](ours, lambda f: {})
        assert validate_here(odd_one, profile=profile).verdict == Verdict.FAILED
