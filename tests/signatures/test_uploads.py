"""What may be handed in as an act: a plain document; whatever acts, hides or carries is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from signatures.uploads import active_content
from tests.signatures import documents


def changed(change: Callable[[Pdf], object], **options: object) -> bytes:
    """Return a plain document after ``change``."""
    with pikepdf.open(io.BytesIO(documents.build())) as pdf:
        change(pdf)
        output = io.BytesIO()
        pdf.save(output, **options)  # type: ignore[arg-type]
    return output.getvalue()


def link(uri: Dictionary) -> Callable[[Pdf], object]:
    """Return a change that puts a link on the first page."""
    annotation = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=uri)

    def change(pdf: Pdf) -> None:
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])

    return change


def hidden(dictionary: Dictionary) -> Callable[[Pdf], object]:
    """Return a change that leaves an object that nothing refers to but an odd key."""

    def change(pdf: Pdf) -> None:
        pdf.Root.PieceInfo = Dictionary(A=Array([Dictionary(B=pdf.make_indirect(dictionary))]))

    return change


def attach(pdf: Pdf) -> None:
    """Attach a file."""
    pdf.attachments["a.txt"] = b"a"


def open_with(action: Dictionary) -> Callable[[Pdf], object]:
    """Return a change that acts when the document is opened."""
    return lambda pdf: setattr(pdf.Root, "OpenAction", action)


SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
REFUSED = {
    "script on opening": (open_with(SCRIPT), "script"),
    "script in a link": (link(SCRIPT), "script"),
    "script in the names": (
        lambda pdf: setattr(pdf.Root, "Names", Dictionary(JavaScript=Dictionary(Names=Array([])))),
        "script",
    ),
    "script kept aside": (hidden(Dictionary(X=SCRIPT)), "script"),
    "launch": (link(Dictionary(S=Name.Launch, F=String("calc.exe"))), "programme"),
    "another file": (link(Dictionary(S=Name.GoToR, F=String("a.pdf"))), "agit"),
    "sent form": (link(Dictionary(S=Name.SubmitForm, F=String("https://example.org"))), "agit"),
    "additional actions": (lambda pdf: setattr(pdf.pages[0].obj, "AA", Dictionary()), "agit"),
    "unknown action": (link(Dictionary(S=Name.Surprise)), "agit"),
    "attachment": (attach, "joint"),
    "XFA": (lambda pdf: setattr(pdf.Root.AcroForm, "XFA", String("<xdp/>")), "XFA"),
    "layers": (lambda pdf: setattr(pdf.Root, "OCProperties", Dictionary()), "calques"),
    "film": (hidden(Dictionary(Subtype=Name.RichMedia)), "vidéo"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_acts_hides_or_carries_is_refused(name: str) -> None:
    change, word = REFUSED[name]
    refusal = active_content(changed(change))
    assert refusal is not None and word in refusal


def test_a_plain_document_is_taken(tmp_path: Path) -> None:
    assert active_content(documents.build()) is None
    file = tmp_path / "acte.pdf"
    file.write_bytes(documents.build())
    assert active_content(file) is None
    uri = Dictionary(S=Name.URI, URI=String("https://www.legifrance.gouv.fr"))
    assert active_content(changed(link(uri))) is None


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "vide"),
        (b"PK\x03\x04" + bytes(100), "pas un PDF"),
        (b"<html>%PDF-1.7", "pas un PDF"),
        (b"%PDF-1.7\nnothing at all\n%%EOF\n", "malformé"),
        (b"%PDF-1.7" + bytes(51 << 20), "50\xa0Mo"),
    ],
)
def test_what_is_no_pdf_is_refused(data: bytes, word: str) -> None:
    refusal = active_content(data)
    assert refusal is not None and word in refusal


def test_an_encrypted_document_is_refused() -> None:
    secret = changed(lambda pdf: None, encryption=pikepdf.Encryption(owner="a", user=""))
    assert "chiffré" in (active_content(secret) or "")


def test_a_document_without_a_page_or_of_too_many_is_refused() -> None:
    def none(pdf: Pdf) -> None:
        pdf.Root.Pages = Dictionary(Type=Name.Pages, Kids=Array([]), Count=0)

    def many(pdf: Pdf) -> None:
        for _page in range(1_001):
            pdf.add_blank_page()
        pdf.Root.OpenAction = SCRIPT  # not met: the pages are counted first

    assert active_content(changed(none))
    assert "trop long" in (active_content(changed(many)) or "")
