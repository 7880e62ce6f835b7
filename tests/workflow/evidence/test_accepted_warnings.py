"""What the pilots accepted before the signatures were asked is in the evidence, and on its sheet."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from signatures import keys
from tests import plot
from tests.cast import Cast
from tests.workflow.evidence.checking import source, unpack
from tests.workflow.signing.test_launch import REASON, accept, at_launch
from workflow.evidence.making import make, path_of
from workflow.evidence.models import Scope
from workflow.record import anchors


def test_the_evidence_says_what_was_accepted_by_whom_and_why(cast: Cast, tmp_path: Path) -> None:
    contract = at_launch(cast)
    assert accept(cast.pilote_ville, contract)
    keys.enrol_specimen(cast.prefete)
    plot.signed_by_all(contract)
    anchors.complete_folder()
    written, _token = make(source(contract), Scope.WHOLE, None)
    folder = unpack(path_of(contract.pk, Scope.WHOLE, written.sha256), tmp_path / "dossier")
    [row] = json.loads((folder / "faits" / "avertissements_acceptes.json").read_text())
    assert (row["code"], row["motif"], row["auteur"]) == ("no_key", REASON, str(cast.pilote_ville))
    assert "aucun moyen de signature" in row["avertissement"]
    told = [path.read_text() for path in (folder / "journal" / "ecritures").iterdir()]
    assert sum('"verb":"warnings_accepted"' in entry for entry in told) == 1
    run = ["pdftotext", "-layout", str(folder / "bordereau.pdf"), "-"]
    sheet = subprocess.run(run, capture_output=True, check=True, text=True).stdout
    assert "Avertissements acceptés avant la signature" in sheet and "reçoit" in sheet
