"""The steps of a contract, past and to come, each with its actor and its date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion, Signatory
from signatures.models import SignatureRequest
from workflow.board.looks import DONE, NOW, STOP, WAIT
from workflow.council import rules as council_rules
from workflow.council.models import CouncilResolution
from workflow.engine.nodes import OPEN_STATUSES
from workflow.engine.open_tasks import open_tasks
from workflow.opinions.models import Opinion
from workflow.signing import rules as signing_rules
from workflow.signing.rules import signed


@dataclass
class Step:
    """One step of the timeline, past or to come, with its actor and its date."""

    code: str
    title: str
    look: str
    actor: str = ""
    detail: str = ""
    at: dt.datetime | None = None


def steps(contract: Contract) -> list[Step]:
    """Return the timeline: what is done, what is under way, what comes next, with actor and date."""
    version = contract.latest_version
    running = {task.flow_task.name for task in open_tasks(contract)}
    titles = {
        "drafting": _("Rédaction"),
        "review": _("Avis"),
        "approve": _("Approbation"),
        "council": _("Conseil municipal"),
    }
    found = [
        Step(
            "drafting",
            titles["drafting"],
            _look(running & {"draft", "freeze"}, version),
            _("Les deux pilotes"),
        ),
        _reviews(titles["review"], contract, version, running),
        _approvals(titles["approve"], version, running),
    ]
    if contract.signatories.filter(needs_council_resolution=True).exists():
        found.append(_council(titles["council"], version, running))
    found += [_signature(s, request, version, running) for s, request in signed(contract)]
    found.append(_seal(contract, version, running))
    if version:
        found[0].detail, found[0].at = str(version), version.frozen_at
    return _one_now_at_least_in_order(found)


def _look(running: object, done: object) -> str:
    return NOW if running else DONE if done else WAIT


def _reviews(title: str, contract: Contract, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("review", title, WAIT, _("Les organisations consultées"))
    if version is None:
        return step
    given = list(version.opinions.all())
    if running & {"render", "review"}:
        asked = (
            len(given)
            + Task.objects.filter(
                process__circuit__contract=contract, flow_task__endswith=".review", status__in=OPEN_STATUSES
            ).count()
        )
        step.look, step.detail = (
            NOW,
            _("%(given)d sur %(asked)d rendus") % {"given": len(given), "asked": asked},
        )
    elif not running & {"draft", "freeze"}:
        step.look, step.at = DONE, given[-1].at if given else version.frozen_at
        # an opinion given on an earlier version stands until its organisation is asked again
        standing = (
            Opinion.objects.filter(version__contract=contract).values("organisation").distinct().count()
        )
        step.detail = ngettext("%(n)d avis", "%(n)d avis", standing) % {"n": standing}
    elif any(opinion.is_blocking for opinion in given):
        step.look, step.detail = STOP, _("modifications demandées")
    return step


def _approvals(title: str, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("approve", title, WAIT, _("La préfecture et la commune"))
    approvals = list(version.approvals.all()) if version else []
    if "approve" in running:
        step.look = NOW
        step.detail = _("%(n)d sur 2") % {"n": len(approvals)}
    elif any(not approval.approved for approval in approvals):
        step.look, step.detail = STOP, _("texte renvoyé")
    elif len(approvals) == 2:
        step.look, step.at = DONE, approvals[-1].at
    return step


def _council(title: str, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("council", title, WAIT, _("Le service des assemblées"))
    resolution: CouncilResolution | None = council_rules.resolution_on(version) if version else None
    if resolution and resolution.is_enforceable:
        step.look, step.at = DONE, resolution.at
        step.detail = _("délibération %(number)s exécutoire") % {"number": resolution.number}
    elif resolution and not resolution.adopted:
        step.look, step.detail = STOP, _("délibération rejetée")
    elif "council_resolution" in running:
        step.look, step.detail = NOW, _("délibération attendue")
    return step


def _signature(
    signatory: Signatory, request: SignatureRequest | None, version: ContractVersion | None, running: set[str]
) -> Step:
    step = Step(f"sign-{signatory.order}", _("Signature"), WAIT, signatory.capacity)
    if request is None:
        if version and version.refusals.filter(signatory=signatory).exists():
            step.look, step.detail = STOP, _("refusée")
        elif (
            version
            and "sign" in running
            and signing_rules.next_signatory(signatory.contract, version) == signatory
        ):
            step.look = NOW
        return step
    if request.state == SignatureRequest.State.DONE:
        step.look, step.at = DONE, request.done_at
    else:
        step.look, step.detail = NOW, str(request.get_state_display())
    return step


def _seal(contract: Contract, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("seal", _("Scellement"), WAIT, _("Contreseing"))
    round_ = getattr(version, "signing_round", None) if version else None
    if round_ and round_.envelope.sealed_at:
        step.look, step.at, step.detail = DONE, round_.envelope.sealed_at, _("archivé, niveau B-LTA")
    elif "seal" in running:
        step.look = NOW
    return step


def _one_now_at_least_in_order(found: list[Step]) -> list[Step]:
    """A step that was done on an older version is still to come on the new one."""
    drafting_again = found[0].look == NOW
    for step in found[1:]:
        if drafting_again and step.look == DONE:
            step.look, step.at, step.detail = WAIT, None, ""
    return found
