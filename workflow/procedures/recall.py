"""Taking a version back."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contracts.models import Contract
from signatures import actions as signing
from stakeholders.models import User
from workflow.engine.locks import locked
from workflow.engine.models import SigningRound
from workflow.engine.tasks import call_off, is_of_the_system
from workflow.procedures import recall_rules
from workflow.procedures.models import Recall
from workflow.record.refusals import Locked
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.standings import Standing
from workflow.tasks.act import Doing, entitled, owed, save


def recall_version(user: User, contract_id: int, *, reason: str, shown: str = "") -> None:
    """A pilot takes the version back, at any time before its last signature; it returns to drafting.

    A signature already set stays in its file, which nobody can complete any more.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        task = recall_rules.recall_carrier(contract)
        if task is None:
            raise Locked(recall_rules.why_not_recall(contract))
        act = Doing(task.flow_task.activation_class(task), task, contract, user, Standing(mandate))
        if shown and shown != str(act.version.pk):
            raise Locked(
                _("Une autre version a été figée depuis que vous avez ouvert cette page : relisez-la.")
            )
        reason = owed(reason, _("Dites pourquoi la version est retirée."))
        save(Recall(**act.common_fields(), reason=reason))
        if (signing_round := SigningRound.objects.filter(version=act.version).first()) is not None:
            signing.void_envelope(signing_round.envelope, reason)
        act.tell("version_recalled", version=act.version.number, reason=reason)
        # One branch carries the news to the join, which cancels the others.
        if is_of_the_system(task):
            act.activation.pass_over()
            act.activation.activate_next()
        else:
            act.complete()
            call_off(task)
