"""The text is signed on a copy before anybody is asked: one that would not do opens no signature."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from contracts.models import Contract
from signatures import blobs
from tests import plot
from tests.cast import Cast
from workflow.engine.jobs import WorkFailed
from workflow.signing import preflight


def with_more(contract: Contract, tmp_path: Path) -> str:
    """Return the stored name of the contract's text with one more field to sign."""
    version = plot.version(contract)
    path = tmp_path / "more.pdf"
    path.write_bytes(blobs.get(version.pdf_sha256))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                FT=pikepdf.Name.Sig,
                T=pikepdf.String("Signataire-09"),
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                Rect=[0, 0, 0, 0],
                P=pdf.pages[-1].obj,
            )
        )
        pdf.Root.AcroForm.Fields.append(field)
        annotations = pdf.pages[-1].get("/Annots", pikepdf.Array())
        pdf.pages[-1].Annots = pikepdf.Array([*annotations, field])
        pdf.save(path)
    return blobs.put(path.read_bytes())


def test_the_copy_is_signed_with_keys_as_the_signatories_hold(cast: Cast, tmp_path: Path) -> None:
    contract = plot.at_signing(cast)
    places = preflight.places_of(contract)
    assert [(one.field_name, one.algorithm, one.key_bits) for one in places] == [
        ("Signataire-01", "ecdsa", 256),
        ("Signataire-02", "rsa", 3072),
    ]
    assert places[0].stamp_lines[0] == str(cast.prefete)
    version = plot.version(contract)
    preflight.rehearse(contract, version)

    version.pdf_sha256 = with_more(contract, tmp_path)
    with pytest.raises(WorkFailed, match="Signataire-09"):
        preflight.rehearse(contract, version)
