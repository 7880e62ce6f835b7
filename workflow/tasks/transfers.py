"""Pass a task on to a colleague, with a reason, and take it back."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders.incompatibilities import why_not_substitute
from stakeholders.models import Mandate, User
from workflow.engine.tasks import Task, is_taken, power_of
from workflow.record.refusals import Invalid, Locked
from workflow.standing.models import TRANSFER_OWES_WHY, Transfer
from workflow.standing.standings import NO_TRANSFER
from workflow.tasks.act import Doing, doing, owed


def transfer_task(user: User, task_id: int, *, receiver: Mandate, reason: str) -> Transfer:
    """Pass a task on to a colleague of the same organisation, who may then do it; so may the giver still.

    Never a signature, which takes an act of the register, nor the council's resolution,
    which its clerk alone records. Raises Locked or Invalid with the sentence.
    """
    with doing(user, task_id) as act:
        power = power_of(act.task)
        if power is None or power in NO_TRANSFER:
            raise Locked(
                _(
                    "Cette tâche ne se confie pas : une signature demande une délégation ou une suppléance "
                    "inscrite au registre, une délibération est enregistrée par le service des assemblées."
                )
            )
        if act.standing.transfer is not None:
            raise Locked(_("Cette tâche vous a été confiée : rendez-la plutôt à qui vous l’a confiée."))
        if act.standing.absence is not None:  # it would outlive the absence
            raise Locked(
                _(
                    "Vous faites cette tâche en l’absence de %(person)s : elle lui revient à son retour "
                    "et ne se confie pas. Si vous ne pouvez pas la faire, dites-le-lui, ou à votre "
                    "administrateur."
                )
                % {"person": act.standing.absence.mandate.person}
            )
        organisation = act.task.owner_permission_obj
        today = timezone.localdate()
        if receiver.office.organisation_id != organisation.pk or not receiver.runs_on(today):
            raise Invalid(
                _("Choisissez un collègue qui tient une fonction dans votre organisation."), "receiver"
            )
        if receiver.person_id == user.pk:
            raise Invalid(_("Choisissez quelqu’un d’autre que vous."), "receiver")
        if refusal := why_not_substitute(receiver, [power], starts_on=today, ends_on=today):
            raise Invalid(refusal, "receiver")
        reason = owed(reason, TRANSFER_OWES_WHY)
        _end(act.task)
        transfer = Transfer.objects.create(task=act.task, giver=act.mandate, receiver=receiver, reason=reason)
        _give(act, receiver.person)
        act.tell(
            "task_transferred",
            step=str(act.task.title),
            giver=str(user),
            receiver=str(receiver.person),
            reason=reason,
        )
    return transfer


def end_transfer(user: User, task_id: int) -> None:
    """Take a task back, or give it back to whoever passed it on; raises Locked when nobody has it."""
    with doing(user, task_id) as act:
        ended = _end(act.task)
        if ended is None:
            raise Locked(_("Cette tâche n’est confiée à personne."))
        _give(act, None)
        act.tell(
            "transfer_ended", step=str(act.task.title), giver=str(user), receiver=str(ended.receiver.person)
        )


def _end(task: Task) -> Transfer | None:
    live = Transfer.objects.filter(task=task, ended_at=None).select_related("receiver__person").first()
    if live is not None:
        Transfer.objects.filter(pk=live.pk).update(ended_at=timezone.now())
    return live


def _give(act: Doing, person: User | None) -> None:
    """Show who takes care of the task now."""
    assigned = is_taken(act.task)
    if person is None:
        if assigned:
            act.activation.unassign()
    elif assigned:
        act.activation.reassign(person)
    else:
        act.activation.assign(person)
