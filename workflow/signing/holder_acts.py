"""The text names a former holder: everybody is told, and a pilot may accept it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import ENDED, Contract, ContractVersion, Status
from stakeholders.models import User
from stakeholders.text import one_line
from workflow.engine.locks import locked
from workflow.record import events, journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked
from workflow.signing import rules
from workflow.signing.holders import Difference
from workflow.signing.models import ACCEPTING_OWES_WHY, ALREADY_ACCEPTED, LONGEST_REASON, AcceptedHolder
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks.act import entitled, proper, save

NOTHING_TO_ACCEPT = gettext_lazy("Le contrat nomme bien le titulaire : il n’y a rien à accepter.")


def accept_holder(user: User, contract_id: int, *, signatory_id: int, holder: str, reason: str) -> None:
    """A pilot of either party accepts, and says why, that a place names a former holder; the stamp says it.

    ``holder`` is the present holder's name as the page showed it, blank for a vacant office: whoever
    took the office since was accepted by nobody.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        version, found = _difference(contract, signatory_id)
        if found.changed.holder_name != holder:
            raise Locked(
                _("Le titulaire a encore changé depuis que vous avez ouvert cette page. %(now)s")
                % {"now": found.changed.sentence}
            )
        said = proper(reason, one_line, "reason")
        if not said:
            raise Invalid(str(ACCEPTING_OWES_WHY), "reason")
        if len(said) > LONGEST_REASON:
            raise Invalid(
                _("Ce motif sera imprimé : écrivez-le en %(most)d caractères au plus.")
                % {"most": LONGEST_REASON},
                "reason",
            )
        accepted = AcceptedHolder(
            version=version,
            version_sha256=version.content_sha256,
            author=user,
            mandate=mandate,
            quality=mandate.quality,
            at=timezone.now(),
            reason=said,
            signatory=found.signatory,
            printed=found.changed.printed,
            holder=holder,
        )
        save(accepted)
        facts: dict[str, Any] = {
            "organisation": mandate.office.organisation.short_name,
            "signatory": found.signatory.capacity,
            "printed": accepted.printed,
            "holder": holder or str(_("fonction vacante")),
            "version": version.number,
            "reason": said,
        }
        journal.record("holder_accepted", contract=contract, actor=user, mandate=mandate, payload=facts)
        events.publish("holder_accepted", contract, actor=user, **facts)


def _difference(contract: Contract, signatory_id: int) -> tuple[ContractVersion, Difference]:
    """Return the version to be signed and the difference that awaits a word; raises Locked."""
    version = contract.latest_version
    if contract.status in ENDED:
        raise Locked(_("Ce contrat est terminé : il n’y a plus rien à accepter."))
    if version is None or contract.status == Status.DRAFTING:
        raise Locked(_("Le contrat est en rédaction : le nom du nouveau titulaire y sera écrit de lui-même."))
    found = next((d for d in rules.differences(version) if d.signatory.pk == signatory_id), None)
    if found is None:
        raise Locked(str(NOTHING_TO_ACCEPT))
    if found.accepted is not None:
        raise Locked(str(ALREADY_ACCEPTED))
    return version, found


def tell_changed_holders() -> None:
    """Journal once, and tell whoever watches, each place still to be signed that names a former holder."""
    under_way = Contract.objects.filter(circuit__isnull=False, versions__isnull=False)
    for contract in under_way.exclude(status__in=[Status.DRAFTING, *ENDED]).distinct().order_by("pk"):
        if (version := contract.latest_version) and any(
            d.accepted is None for d in rules.differences(version)
        ):
            with locked(contract):
                _tell(contract, version)


def _tell(contract: Contract, version: ContractVersion) -> None:
    for found in rules.differences(version):
        facts: dict[str, Any] = {
            "version": version.number,
            "field": found.signatory.field_name,
            "signatory": found.signatory.capacity,
            "printed": found.changed.printed,
            "holder": found.changed.holder_name or str(_("fonction vacante")),
        }
        told = JournalEntry.objects.filter(contract=contract, verb="holder_changed", payload__contains=facts)
        if found.accepted is None and not told.exists():
            journal.record("holder_changed", contract=contract, actor=None, payload=facts)
            events.publish("holder_changed", contract, **facts)
