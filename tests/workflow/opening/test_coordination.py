"""A second kind of contract is data: opened by the same pages, signed by prefect, mayor and prosecutor."""

from __future__ import annotations

import io

from pikepdf import Pdf

from contracts.models import Contract, Status
from signatures import blobs
from tests import plot
from tests.cast import Cast
from tests.stage import certify_signatories, run_jobs
from tests.workflow.opening import road
from workflow.opening import acts
from workflow.record import journal

PARTS = {
    "org-pref": "state_pilot",
    "org-ville": "city_pilot",
    "org-parquet": "reviewer",
    "org-ddpn": "reviewer",
}


def test_a_convention_de_coordination_goes_from_its_pages_to_its_seal(cast: Cast) -> None:
    client = road.browser(cast.pilote_prefecture)
    contract = road.prepared(
        cast, client, PARTS, kind="coordination", title="", reference="", initiative="state"
    )
    assert contract.reference.startswith("CC-")
    acts.open_contract(cast.pilote_prefecture, contract.pk)
    contract = Contract.objects.get(pk=contract.pk)
    assert [volet.template for volet in contract.volets.order_by("order")] == [
        "interventions",
        "coordination",
        "enhanced_cooperation",
        "sundry",
    ]
    offices = [place.office for place in contract.signatories.order_by("order")]
    assert [office.organisation.kind for office in offices] == ["prefecture", "municipality", "prosecution"]
    road.committed(contract, cast.organisation("org-ville"))
    version = plot.draft_and_freeze(contract)
    with Pdf.open(io.BytesIO(blobs.get(version.pdf_sha256))) as printed:
        said = str(printed.docinfo.get("/Title", "")) + str(printed.docinfo.get("/Subject", ""))
    assert "Convention de coordination" in said
    assert "sécurité intégrée" not in said
    plot.review_all(contract)
    certify_signatories(contract)
    plot.approve_all(contract)
    assert plot.tasks(contract, "council_resolution") == [], "the mayor signs by his powers of police"
    for office in offices:
        assert plot.entitled(plot.task(contract, "sign")) == office.holder()
        plot.sign_next(contract)
        run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    assert journal.first_break() is None


def test_it_is_not_opened_without_the_prosecutor(cast: Cast) -> None:
    client = road.browser(cast.pilote_prefecture)
    without = {code: part for code, part in PARTS.items() if code != "org-parquet"}
    contract = road.prepared(cast, client, without, kind="coordination", reference="")
    page = client.get(road.address(contract)).content.decode()
    assert "autorité judiciaire" in page
    assert client.post(road.address(contract)).status_code == 422
