"""Silence at the term of an opinion: where it counts as « sans avis », by which rule, and the act.

Never that of a party, of the police, of the gendarmerie nor of the prosecution: the kind of contract names
the kinds of organisation whose silence counts (:class:`contracts.kinds.reading.KindOfContract`). It is
decided, and said, when the opinion is asked; what was asked before is not changed.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.kinds import kind
from contracts.kinds.reading import NEVER_SILENT
from contracts.models import PILOTING, Contract, ContractVersion
from stakeholders.kinds import KINDS
from stakeholders.models import Organisation, User
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_once
from stakeholders.wording import weekday
from workflow.engine import purposes
from workflow.engine.tasks import Task, due_on, silence_counts
from workflow.news.asked import WORDS
from workflow.opinions.last import on_all_versions
from workflow.opinions.models import Silence
from workflow.record import events, journal
from workflow.standing.parties import taking_part

A_MOMENT = dt.timedelta(minutes=1)  # between the row of a silence and the end of its task, in one transaction


def counts_for(contract: Contract, organisation: Organisation) -> bool:
    """Whether no answer of this organisation counts as « sans avis » in this contract."""
    of_kind = organisation.kind
    if of_kind in NEVER_SILENT or KINDS[of_kind].independent or of_kind not in kind(contract.kind).silent:
        return False
    pilots = {row.organisation_id for row in taking_part(contract) if row.part in PILOTING}
    signs = {place.office.organisation_id for place in contract.places}
    return organisation.pk not in pilots | signs


def presume(task: Task, contract: Contract) -> Silence:
    """Close an opinion that did not come by its term: the organisation counts as « sans avis ».

    By the system, journaled, under the lock of the contract's process, which the caller holds.
    """
    version = contract.versions.order_by("-number")[0]
    organisation: Organisation = task.seed
    term = due_on(task)
    assert term is not None  # noqa: S101 (no silence without a term)
    row = Silence.objects.create(version=version, organisation=organisation, term=term, at=timezone.now())
    facts = {
        "task": task.pk,
        "organisation": organisation.short_name,
        "organisation_id": organisation.pk,
        "due_on": row.term.isoformat(),
        "version": version.number,
        "version_sha256": version.content_sha256,
    }
    journal.record("opinion_presumed", contract=contract, actor=None, payload=facts)
    events.publish("opinion_presumed", contract, **facts)
    activation = task.flow_task.activation_class(task)
    activation.lapse()
    activation.activate_next()
    return row


@asked_once
def silences_of(contract: Contract) -> list[Silence]:
    """Return the silences on every version of a contract, from first to last."""
    return _SILENCES.rows(contract.pk)


_SILENCES = on_all_versions(Silence)


def silences_on(version: ContractVersion | None) -> list[Silence]:
    """Return who gave no opinion on a version, where that counts."""
    return _ON.rows(version.pk) if version is not None else []


_ON: Prepared[Silence] = Prepared(
    lambda version: Silence.objects.filter(version=version).select_related("organisation"), MARKER
)


def afterwards(task: Task, _person: User) -> str:
    """Say to whoever opens a review that is over that it ended without them, where a silence closed it."""
    contract = task.process.circuit.contract_id
    row = Silence.objects.filter(
        version__contract=contract, organisation=task.seed, at__gte=task.created
    ).first()
    if row is None or (task.finished is not None and abs(row.at - task.finished) > A_MOMENT):
        return ""
    return _(
        "Aucune réponse n’est venue au terme du %(due)s : votre organisation est comptée « sans avis » sur "
        "cette version. Pour en parler, écrivez aux pilotes du contrat."
    ) % {"due": weekday(row.term)}


def otherwise(task: Task) -> str:
    """Say what no answer by the term will mean, before it does."""
    words = {"due": weekday(due_on(task))}
    if silence_counts(task):
        return (
            _(
                "Votre silence ne vaut pas accord : sans réponse au plus tard le %(due)s, votre organisation "
                "sera comptée « sans avis » et le contrat avancera."
            )
            % words
        )
    return str(WORDS[purposes.REVIEW].otherwise)
