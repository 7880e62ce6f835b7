"""The actors contribute to the diagnostic; the pilots find what is missing and agree on the synthesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.reading import afresh
from stakeholders.wording import day
from workflow.diagnostic import rules
from workflow.diagnostic.models import (
    MISSING_OWES_WHY,
    RETURN_OWES_WHY,
    Contribution,
    DiagnosticFigure,
    DiagnosticFile,
    Synthesis,
    SynthesisAnswer,
    Written,
)
from workflow.engine import purposes
from workflow.engine.tasks import OF_PEOPLE, due_on, is_open, of_contract, tasks
from workflow.record import once
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid, Locked
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.standings import Standing
from workflow.tasks.act import Doing, doing, entitled, owed

AT_MOST = 200  # figures, or files, of one contribution
Text = TypeVar("Text", Contribution, Synthesis)


class Rewritten(ActRefused):
    """A colleague changed the text meanwhile: ``now`` is theirs, ``revision`` what to send to replace it."""

    status = 409

    def __init__(self, found: Written) -> None:
        self.now, self.revision, self.by = found.text, found.revision, str(found.author or "")
        super().__init__(
            _(
                "%(person)s a modifié ce texte pendant que vous écriviez. Le sien est affiché au-dessus "
                "du vôtre : réunissez-les, puis enregistrez de nouveau."
            )
            % {"person": self.by}
        )


@dataclass(frozen=True)
class Changes:
    """What one sending of the page changes besides the text; ``file`` is a title and a stored SHA-256."""

    figure: Mapping[str, Any] | None = None
    file: tuple[str, str] | None = None
    without_figure: int | None = None
    without_file: int | None = None


def write(
    user: User, task_id: int, *, text: str, revision: int, changes: Changes | None = None
) -> Contribution:
    """Keep what the organisation has prepared so far; not an act, so not journaled.

    ``revision`` is that of the text which the page showed. Raises Rewritten when a colleague
    changed it since.
    """
    with doing(user, task_id, purposes.CONTRIBUTE) as act:
        found = _contribution(act)
        _rewrite(act, found, text, revision)
        _change(found, changes or Changes())
        once.spend()
    return found


def send(user: User, task_id: int, *, text: str, revision: int) -> Contribution:
    """The organisation sends its contribution: it does not change any more, and all participants read it."""
    with doing(user, task_id, purposes.CONTRIBUTE) as act:
        found = _contribution(act)
        _rewrite(act, found, text, revision)
        if found.is_empty:
            raise Invalid(
                _("Écrivez votre contribution, ou donnez au moins un chiffre ou un fichier."), "text"
            )
        _seal(act, found)
        act.tell("contribution_sent", figures=found.figures.count(), files=found.files.count())
        act.complete()
    return found


def find_missing(user: User, contract_id: int, task_id: int, *, reason: str) -> Contribution:
    """A pilot records, after the term, that an organisation brought nothing (« carence »), and says why.

    Raises Locked before the end of the term, AlreadyDone when the contribution has come meanwhile.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    task = tasks(of_contract(contract), OF_PEOPLE).select_related("process").get(pk=task_id)
    with afresh(), task.activation() as activation:
        mandate = entitled(mandate_to_pilot(user, contract))
        act = Doing(activation, task, contract, user, Standing(mandate))
        if not is_open(task):
            raise AlreadyDone(str(task.owner) if task.owner else "")
        if not rules.may_be_found_missing(task):
            due = due_on(task)
            raise Locked(
                _("La contribution peut venir jusqu’au %(day)s : la carence se constate après ce jour.")
                % {"day": day(due) if due else ""}
            )
        found = _contribution(act)
        found.missing, found.reason = True, owed(reason, MISSING_OWES_WHY)
        _seal(act, found)
        act.tell(
            "contribution_missing",
            missing=found.organisation.short_name,
            missing_id=found.organisation_id,
            reason=found.reason,
        )
        act.complete()
    return found


def write_synthesis(user: User, task_id: int, *, text: str, revision: int) -> Synthesis:
    """Keep what the writers of the synthesis have so far; not an act. Raises Rewritten."""
    with doing(user, task_id, purposes.SYNTHESISE) as act:
        found = _synthesis(act)
        _rewrite(act, found, text, revision)
        once.spend()
    return found


def send_synthesis(user: User, task_id: int, *, text: str, revision: int) -> Synthesis:
    """The writers put the synthesis to the other pilots."""
    with doing(user, task_id, purposes.SYNTHESISE) as act:
        found = _synthesis(act)
        _rewrite(act, found, text, revision)
        if not found.text.strip():
            raise Invalid(_("Écrivez la synthèse avant de la transmettre."), "text")
        _seal(act, found)
        act.tell("synthesis_sent", number=found.number)
        act.complete()
    return found


def answer_synthesis(
    user: User, task_id: int, *, accepted: bool, reason: str, synthesis_id: int
) -> SynthesisAnswer:
    """A pilot accepts the very synthesis that was shown, or returns it with what is to be reworked."""
    with doing(user, task_id, purposes.ACCEPT_SYNTHESIS) as act:
        found = act.contract.syntheses.exclude(sent_at=None).order_by("-number").first()
        if found is None or found.pk != synthesis_id:
            raise Locked(_("La synthèse affichée n’est plus la dernière : rouvrez la tâche."))
        if not accepted:
            reason = owed(reason, RETURN_OWES_WHY)
        answer = SynthesisAnswer(
            synthesis=found,
            organisation=act.task.seed,
            author=user,
            mandate=act.mandate,
            quality=act.standing.quality,
            accepted=accepted,
            reason=reason.strip(),
            at=timezone.now(),
        )
        _save(answer)
        act.tell(
            "synthesis_accepted" if accepted else "synthesis_returned",
            number=found.number,
            reason=answer.reason,
        )
        act.complete()
    return answer


def _contribution(act: Doing) -> Contribution:
    """Return the contribution of the organisation that owes the task, made when it is first written."""
    found, _made = Contribution.objects.get_or_create(contract=act.contract, organisation=act.task.seed)
    return found


def _synthesis(act: Doing) -> Synthesis:
    """Return the synthesis that is being written: after a return, it starts from the one that came back."""
    found = act.contract.syntheses.filter(sent_at=None).first()
    if found is not None:
        return found
    last = act.contract.syntheses.order_by("-number").first()
    return Synthesis.objects.create(
        contract=act.contract, number=last.number + 1 if last else 1, text=last.text if last else ""
    )


def _rewrite(act: Doing, found: Text, text: str, revision: int) -> None:
    if found.revision != revision and found.text != text:
        raise Rewritten(found)
    if found.text == text:
        return
    found.text, found.revision = text, found.revision + 1
    _sign(act, found)
    _save(found)


def _sign(act: Doing, found: Written) -> None:
    found.author, found.mandate, found.quality = act.user, act.mandate, act.standing.quality


def _seal(act: Doing, found: Text) -> None:
    """Say when it was sent and by whom: from then on the database refuses to change it."""
    _sign(act, found)
    found.sent_at = timezone.now()
    _save(found)


def _change(found: Contribution, changes: Changes) -> None:
    if changes.without_figure is not None:
        found.figures.filter(pk=changes.without_figure).delete()
    if changes.without_file is not None:
        found.files.filter(pk=changes.without_file).delete()
    if changes.figure is not None:
        _room_for(found.figures.count())
        _save(DiagnosticFigure(contribution=found, **changes.figure))
    if changes.file is not None:
        _room_for(found.files.count())
        title, sha256 = changes.file
        _save(DiagnosticFile(contribution=found, title=title, document_sha256=sha256))


def _room_for(held: int) -> None:
    if held >= AT_MOST:
        raise Invalid(
            _("C’est le plus que peut porter une contribution : regroupez le reste dans un fichier.")
        )


def _save(row: Model) -> None:
    """Write a row; a rule of the model becomes a sentence."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    row.save()
