"""A kind of contract is a file of data: read whole, or refused with the name of the file and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.kinds import KindError, kind, kinds, reading
from contracts.kinds.reading import FOLDER, volets_offered
from contracts.models import Part, SignatoryKind
from stakeholders.kinds import ContractKind
from workflow.engine import purposes
from workflow.procedures.registry import PROCEDURES

CSI = (FOLDER / "csi.toml").read_text(encoding="utf-8")


def test_each_file_is_a_kind_of_the_register_and_has_its_procedure() -> None:
    assert list(kinds()) == ["csi", "coordination"]
    assert all(code in ContractKind.values and code in PROCEDURES for code in kinds())
    for one in kinds().values():  # the steps that take days are those of the procedure
        steps = {str(node.purpose) for node in PROCEDURES[one.code].instance.nodes() if hasattr(node, "days")}
        # nobody plans for what comes only where something stands in the way
        assert set(one.days) == steps - {purposes.CLEAR_LAUNCH}


def test_the_csi_is_what_the_circulaire_says() -> None:
    csi = kind("csi")
    assert len(csi.volets) == 6
    assert csi.part_of("prefecture") == Part.STATE_PILOT
    assert [(s.organisation_kind, s.waits_for_council) for s in csi.signatories] == [
        ("prefecture", False),
        ("municipality", True),
    ]
    assert csi.the_title == "le contrat de sécurité intégrée"
    assert "municipale" in csi.guidance_of("internal_security")


def test_the_prosecutor_is_party_to_a_coordination() -> None:
    places = kind("coordination").signatories
    assert {s.organisation_kind for s in places} == {"municipality", "prosecution", "prefecture"}
    assert {s.kind for s in places} == {SignatoryKind.PARTY.value}


def test_a_kind_without_a_file_is_made_as_the_csi_is() -> None:
    assert kind("amendment") is kind("csi")


def test_a_volet_of_another_kind_is_not_offered_but_a_volet_keeps_its_own() -> None:
    offered = {value for value, _label in volets_offered("csi")}
    assert {"justice", "transport", "other"} <= offered
    assert "interventions" not in offered
    assert "interventions" in dict(volets_offered("csi", "interventions"))
    assert "interventions" in dict(volets_offered("coordination"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('code = "csi"', 'code = "unheard"', "unheard"),
        ('article = "le"', 'article = "du"', "du"),
        ('organisation_kind = "prefecture"', 'organisation_kind = "embassy"', "embassy"),
        ('part = "reviewer"', 'part = "king"', "king"),
        ('role = "head"', 'role = "tail"', "tail"),
        ('place = "before"', 'place = "beside"', "beside"),
        ("draft = 30", "draft = 0", "days"),
        ("draft = 30", "", "days"),
        ('code = "justice"', 'code = "education"', "twice"),
        ("period_rules", "unknown_rules", "unknown"),
        ("[guidance]", "[guidance", "csi.toml"),
        ('capacity = "{office}"', 'capacity = "{name}"', "name"),
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in CSI
    broken = tmp_path / "csi.toml"
    broken.write_text(CSI.replace(before, after), encoding="utf-8")
    with pytest.raises(KindError, match=said) as refused:
        reading.read(broken)
    assert "csi.toml" in str(refused.value)
