"""The level that each place asks for, and a contract that both parties sign with qualified keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.models import Contract, SignatoryKind, Status
from signatures import blobs, kept, keys, validation
from signatures.lists import keeping, standing
from signatures.lists.models import ListTrial
from signatures.models import EnrolledKey, Envelope, Level
from signatures.report import Verdict
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.signatures.lists.scheme import Scheme, authority, policy
from tests.signatures.lists.software import held_by, software
from tests.stage import run_jobs
from workflow.record.refusals import Locked
from workflow.signing import acts, levels

__all__ = ["software"]


@pytest.fixture
def signing(cast: Cast, software: None, tmp_path: Path, settings: Any) -> tuple[Contract, Scheme]:
    """Return a contract of value (not a SPECIMEN) at its signatures, and lists that are kept."""
    contract = plot.at_signing(cast)
    with as_owner():
        Envelope.objects.update(specimen=False)
    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    kept_list = scheme.keep([authority()], sequence=112)
    assert kept_list.outcome == ListTrial.Outcome.KEPT
    return contract, scheme


def sign(contract: Contract, key: EnrolledKey) -> None:
    waiting = plot.task(contract, "sign")
    user = plot.entitled(waiting)
    acts.sign(user, waiting.pk, **plot.confirm(user, contract), key_id=str(key.pk))


def test_a_party_owes_a_qualified_signature_and_a_partner_less(
    cast: Cast, signing: tuple[Contract, Scheme], settings: Any
) -> None:
    contract, scheme = signing
    prefect = contract.signatories.get(order=1)
    qualified = held_by(cast.prefete, str(cast.prefete))
    without = held_by(cast.prefete, str(cast.prefete), ("compliance", "esign"))
    simple = held_by(cast.prefete, str(cast.prefete), ())
    seal = held_by(cast.prefete, str(cast.prefete), ("compliance", "sscd", "eseal"))
    assert [key.level for key in (qualified, without, simple, seal)] == [
        Level.QUALIFIED,
        Level.ADVANCED_QUALIFIED,
        Level.ADVANCED,
        Level.UNKNOWN,
    ]

    for key, why in ((without, "dispositif qualifié"), (simple, "pas qualifié"), (seal, "cachet")):
        with pytest.raises(Locked) as refused:
            sign(contract, key)
        assert why in refused.value.message and "demandez un certificat" in refused.value.message
    prefect.kind = SignatoryKind.ADHERING_PARTNER
    assert not levels.why_not(without, prefect, specimen=False)
    assert levels.why_not(simple, prefect, specimen=False)
    assert not levels.why_not(simple, prefect, specimen=True)
    settings.PARTNER_SIGNATURE_LEVEL = "qualified"
    assert levels.why_not(without, prefect, specimen=False)

    demonstration = EnrolledKey.objects.get(owner=cast.prefete, level=Level.SPECIMEN)
    with pytest.raises(Locked, match="SPÉCIMEN"):
        sign(contract, demonstration)
    # withdrawn by the list since it was enrolled: what counts is what the list says now
    scheme_says_no = scheme.french([authority(qualifiers=[(["NotQualified"], policy())])], sequence=113)
    keeping.keep(scheme_says_no, "tl-fr.xml")
    with pytest.raises(Locked, match="pas qualifié"):
        sign(contract, qualified)
    keys.renew_levels()
    qualified.refresh_from_db()
    assert qualified.level == Level.ADVANCED and qualified.level_basis["sequence"] == "113"


def test_a_contract_that_both_parties_signed_with_qualified_keys_says_so(
    cast: Cast, signing: tuple[Contract, Scheme]
) -> None:
    contract, _scheme = signing
    for person in (cast.prefete, cast.maire):
        if plot.tasks(contract, "council_resolution"):
            plot.record_resolution(contract)
        assert plot.entitled(plot.task(contract, "sign")) == person
        sign(contract, held_by(person, str(person)))
        run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED

    envelope = plot.envelope(contract)
    report = kept.kept(envelope.sealed_sha256)
    assert report is not None and report.report.verdict == Verdict.PASSED
    facts = [row.qualification for row in report.report.signatures]
    assert [(one["level"], one["sequence"]) for one in facts] == [("qualified", "112")] * 2
    assert not report.report.specimen
    with standing.at_hand():
        again = validation.validate(blobs.get(envelope.sealed_sha256))
    assert [row.qualification["level"] for row in again.signatures] == ["qualified"] * 2
