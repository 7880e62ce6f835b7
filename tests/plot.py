"""What happens in the play, one step a function, through the acts that the pages call."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion
from signatures import actions as signing
from stakeholders.actions import withdraw_mandate
from stakeholders.models import Organisation, User
from tests.cast import PASSWORD, Cast, small_contract
from tests.snapshots import once
from tests.stage import certify_signatories, run_jobs
from workflow.council import acts as council_acts
from workflow.drafting import acts as drafting_acts
from workflow.engine import tasks as engine_tasks
from workflow.engine.models import Circuit, SigningRound
from workflow.opinions import acts as opinions_acts
from workflow.procedures import opening
from workflow.record import anchors
from workflow.signing import acts as signing_acts
from workflow.standing.standings import standing_to_act


def opened(contract: Contract) -> Contract:
    """Open the circuit of a contract, unless it is open."""
    if not Circuit.objects.filter(contract=contract).exists():
        opening.start_circuit(contract)
    contract.refresh_from_db()
    return contract


def tasks(contract: Contract, step: str) -> list[Task]:
    """Return the open tasks of a step."""
    return [task for task in engine_tasks.open_tasks(contract) if task.flow_task.name == step]


def task(contract: Contract, step: str, organisation: Organisation | None = None) -> Task:
    """Return the one open task of a step, or the organisation's."""
    found = [
        t
        for t in tasks(contract, step)
        if organisation is None or t.owner_permission_obj_pk == str(organisation.pk)
    ]
    assert len(found) == 1, f"{len(found)} open tasks for {step}: {engine_tasks.open_tasks(contract)}"
    return found[0]


def entitled(waiting: Task) -> User:
    """Return somebody who may do the task today."""
    user: User
    members = User.objects.filter(mandates__office__organisation=waiting.owner_permission_obj_pk)
    for user in members.filter(is_active=True).distinct().order_by("pk"):
        if standing_to_act(user, waiting) is not None:
            return user
    raise AssertionError(f"nobody may do {waiting}")


def version(contract: Contract) -> ContractVersion:
    """Return the last frozen version."""
    return contract.versions.order_by("-number")[0]


def draft_and_freeze(contract: Contract) -> ContractVersion:
    """Both pilots finish, the city's freezes, the worker prints."""
    for waiting in tasks(contract, "draft"):
        drafting_acts.submit_draft(entitled(waiting), waiting.pk)
    waiting = task(contract, "freeze")
    drafting_acts.freeze_version(entitled(waiting), waiting.pk)
    run_jobs()
    return version(contract)


def opine(contract: Contract, waiting: Task, value: str = "favourable", reason: str = "") -> Any:
    """The organisation of a review task gives its opinion."""
    return opinions_acts.give_opinion(
        entitled(waiting),
        waiting.pk,
        value=value,
        reason=reason,
        version_sha256=version(contract).content_sha256,
    )


def review_all(contract: Contract) -> None:
    """Every organisation that is asked is favourable."""
    for waiting in tasks(contract, "review"):
        opine(contract, waiting)


def approve_all(contract: Contract) -> None:
    """Both parties approve; the worker settles the final text."""
    for waiting in tasks(contract, "approve"):
        pdf = version(contract).pdf_sha256
        opinions_acts.approve(entitled(waiting), waiting.pk, approved=True, reason="", pdf_sha256=pdf)
    run_jobs()


def to_signing(contract: Contract) -> Contract:
    """Bring a contract from its opening to its signature."""
    opened(contract)
    draft_and_freeze(contract)
    review_all(contract)
    approve_all(contract)
    contract.refresh_from_db()
    return contract


def envelope(contract: Contract) -> Any:
    """Return the envelope of the last version."""
    return SigningRound.objects.get(version=version(contract)).envelope


def confirm(user: User, contract: Contract) -> dict[str, str]:
    """Say again who one is, for the document as it stands; return what signing asks for."""
    document = envelope(contract).current_sha256
    token = signing.confirm(user, PASSWORD, document_sha256=document)
    return {"confirmation": token, "document_sha256": document}


def sign_next(contract: Contract) -> None:
    """Whose turn it is signs; the worker sets the signature."""
    waiting = task(contract, "sign")
    user = entitled(waiting)
    signing_acts.sign(user, waiting.pk, **confirm(user, contract))
    run_jobs()


def resolution(**changes: Any) -> dict[str, Any]:
    """Return the facts of an enforceable resolution."""
    today = timezone.localdate()
    return {
        "number": "2026-11-014",
        "session_on": today - dt.timedelta(days=4),
        "outcome": "adopted",
        "votes_for": 26,
        "votes_against": 5,
        "abstentions": 3,
        "not_voting": 1,
        "published_on": today - dt.timedelta(days=2),
        "transmitted_on": today - dt.timedelta(days=2),
        "received_on": today - dt.timedelta(days=1),
        **changes,
    }


def record_resolution(contract: Contract, **changes: Any) -> None:
    """The clerk records what the council decided."""
    waiting = task(contract, "council_resolution")
    council_acts.record_resolution(entitled(waiting), waiting.pk, facts=resolution(**changes))


REJECTED: dict[str, Any] = {
    "outcome": "rejected",
    "votes_for": 5,
    "votes_against": 26,
    **dict.fromkeys(("published_on", "transmitted_on", "received_on")),
}


def withdraw(person: User, *, by: User) -> None:
    """Withdraw every mandate of a person, at once."""
    for mandate in person.mandates.in_force():
        withdraw_mandate(mandate, actor=by)


def at_review(cast: Cast) -> Contract:
    """Return a small contract whose first version awaits its opinions; to be asked for first."""

    def make() -> Contract:
        contract = opened(small_contract(cast))
        draft_and_freeze(contract)
        return contract

    return once("review", make)


def at_signing(cast: Cast) -> Contract:
    """Return a small contract that awaits its signatures; to be asked for first, see :func:`once`."""
    return once("signing", lambda: to_signing(small_contract(cast)))


def two_at_signing(cast: Cast) -> list[Contract]:
    """Return two small contracts that await the prefect's signature; to be asked for first."""

    def make() -> list[Contract]:
        found = []
        for reference in ("CSI-00-2026-901", "CSI-00-2026-902"):
            contract = small_contract(cast, reference)
            certify_signatories(contract)
            found.append(to_signing(contract))
        return found

    return once("two_at_signing", make)


def signed_by_all(contract: Contract) -> Contract:
    """Both parties sign a contract that awaits them, the council having voted; the worker seals it."""
    for _turn in range(2):
        if tasks(contract, "council_resolution"):
            record_resolution(contract)
        sign_next(contract)
    contract.refresh_from_db()
    return contract


def sealed(cast: Cast) -> Contract:
    """Return a small contract that both parties signed, sealed and anchored; to be asked for first."""

    contract = once("sealed", lambda: signed_by_all(to_signing(small_contract(cast))))
    anchors.complete_folder()  # which the scene does not keep
    return contract
