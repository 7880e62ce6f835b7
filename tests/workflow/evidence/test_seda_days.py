"""The days of a transfer to archives are those of Paris, as the contract's own."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from tests.cast import Cast
from tests.workflow.evidence.checking import scene, source
from workflow.evidence import seda
from workflow.evidence.contents import SIGNED
from workflow.evidence.parts import Part


def test_what_was_opened_at_half_past_midnight_is_of_that_day(cast: Cast) -> None:
    found = source(scene(cast))
    found.contract.created_at = dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)  # in Paris, 1 July, 0:30
    found.last.at = dt.datetime(2026, 8, 31, 22, 30, tzinfo=dt.UTC)
    root = etree.fromstring(seda.message(found, [Part(SIGNED, "Contrat", b"x", "0" * 64, 1)]))
    said = {name: root.findtext(f".//{{{seda.NAMESPACE}}}{name}") for name in ("StartDate", "EndDate")}
    assert said == {"StartDate": "2026-07-01", "EndDate": "2026-09-01"}
