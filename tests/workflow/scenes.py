"""The scenes on which every address is tried: four contracts at four moments, and who stands beside them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from contracts.models import Annex, Contract
from signatures import blobs
from stakeholders.actions import appoint, declare_absence, withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Absence, Grant, Office, Role, SigningAuthority, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.granted import asked
from tests.invited import code_for, named
from tests.snapshots import once
from tests.stage import run_jobs
from workflow.diagnostic import acts as diagnostic_acts
from workflow.diagnostic.acts import Changes
from workflow.guests import acts as guests_acts
from workflow.guests.models import GuestLink
from workflow.powers import appointments


@dataclass
class Scenes:
    """Four contracts at four moments, one in its diagnostic, between the same parties; what stands beside."""

    drafting: Contract
    review: Contract
    signing: Contract
    sealed: Contract
    diagnosing: Contract
    authority: SigningAuthority
    absence: Absence
    link: GuestLink
    grant: Grant
    extras: dict[str, User]

    def task(self, contract: Contract, step: str, organisation: str = "") -> int:
        """Return the open task of a step."""
        found = [
            t
            for t in plot.tasks(contract, step)
            if not organisation or t.owner_permission_obj.code == organisation
        ]
        return int(found[0].pk)


def matrix(cast: Cast) -> Scenes:
    """Return the scenes, set up once a process; to be asked for first (:func:`tests.snapshots.once`)."""
    return once("matrix", lambda: set_up(cast))


def set_up(cast: Cast) -> Scenes:
    """Bring four contracts to four moments."""
    found = [small_contract(cast, f"MATRIX-{n}") for n in range(4)]
    for contract in found[:2]:
        _annexed(contract)
    plot.opened(found[0])
    plot.opened(found[1])
    link_to = named(cast, found[1])
    plot.draft_and_freeze(found[1])
    plot.to_signing(found[2])
    plot.to_signing(found[3])
    plot.record_resolution(found[3])
    plot.sign_next(found[3])
    plot.sign_next(found[3])
    run_jobs()
    sha256 = blobs.put(b"%PDF-1.7 un acte")
    SigningAuthority.objects.update(document_sha256=sha256)
    delegation = SigningAuthority.objects.get(delegate__person=cast.dircab)
    today = timezone.localdate()
    away = Absence(
        mandate=cast.prefete.mandates.get(),
        substitute=cast.secretaire_generale.mandates.get(),
        starts_on=today,
        ends_on=today,
        powers=[Power.APPROVE.value],
    )
    declare_absence(away, actor=cast.dircab)
    link = link_to.links.get()
    guest = guests_acts.enter(link.identifier, code_for(link)).person
    assert guest is not None
    withdrawn = User.objects.create_user("ancien@orme-habitat.example", last_name="Ancien")
    office = Office.objects.create(organisation=cast.organisation("org-oh"), title="Ancien", role=Role.HEAD)
    withdraw_mandate(appoint(withdrawn, office, starts_on=timezone.localdate(), actor=None), actor=None)
    drafting, review, signing, sealed = found
    extras = {"guest": guest, "withdrawn": withdrawn, **_expired_and_substitute(cast)}
    deputy = Office.objects.create(
        organisation=cast.organisation("org-ville"), title="Second adjoint", role=Role.DELEGATE
    )
    made = appointments.give_office(
        cast.dgs,
        deputy.organisation,
        person=cast.greffe,
        office=deputy,
        starts_on=today,
        ends_on=None,
        act="Arrêté",
        document=sha256,
    )
    assert isinstance(made, Grant)
    return Scenes(
        drafting, review, signing, sealed, _diagnosing(cast), delegation, away, link, asked(made), extras
    )


def _annexed(contract: Contract) -> None:
    """Give a contract an annex that is kept from the public."""
    pdf = b"%PDF-1.7 a plan"
    facts = {"publishable": False, "reason": "public_security"}
    Annex.objects.create(
        contract=contract, order=1, title="Plan", file_sha256=blobs.put(pdf), size=len(pdf), pages=1, **facts
    )


def _diagnosing(cast: Cast) -> Contract:
    """A contract whose diagnostic has the landlord's contribution, with a file; the operator owes its own."""
    contract = small_contract(cast, "MATRIX-DIAGNOSTIC")
    Contract.objects.filter(pk=contract.pk).update(with_diagnostic=True)
    contract.refresh_from_db()
    plot.opened(contract)
    task = plot.task(contract, "contribute", cast.organisation("org-oh"))
    attached = Changes(file=("Relevé", blobs.put(b"%PDF-1.7 un relev\xc3\xa9")))
    diagnostic_acts.write(cast.bailleur_oh, task.pk, text="Trois halls.", revision=0, changes=attached)
    diagnostic_acts.send(cast.bailleur_oh, task.pk, text="Trois halls.", revision=1)
    return contract


def _expired_and_substitute(cast: Cast) -> dict[str, User]:
    """Two more of the landlord's: one whose mandate ended yesterday, one who replaces the director today."""
    landlord, today = cast.organisation("org-oh"), timezone.localdate()
    people = {
        name: User.objects.create_user(f"{name}@orme-habitat.example", last_name=name)
        for name in ("expired", "substitute")
    }
    former = Office.objects.create(organisation=landlord, title="Directeur délégué", role=Role.HEAD)
    yesterday = today - dt.timedelta(days=1)
    appoint(people["expired"], former, starts_on=yesterday, ends_on=yesterday, actor=None)
    colleague = Office.objects.create(
        organisation=landlord, title="Chargée de mission", role=Role.CONTRIBUTOR
    )
    mandate = appoint(people["substitute"], colleague, starts_on=today, actor=None)
    declare_absence(
        Absence(
            mandate=cast.bailleur_oh.mandates.get(),
            substitute=mandate,
            starts_on=today,
            ends_on=today,
            powers=[Power.REVIEW.value],
        ),
        actor=cast.bailleur_oh,
    )
    return people
