"""A signing that is held opens: its warnings are put right, or a pilot accepts them and says why."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract, ContractVersion
from stakeholders.models import Mandate, User
from workflow.engine.locks import locked
from workflow.engine.tasks import Task
from workflow.record import events, journal
from workflow.record.refusals import AlreadyDone, Locked
from workflow.signing import launch
from workflow.signing.launch import Standing, Table
from workflow.signing.launch_jobs import defer_look
from workflow.signing.launch_opening import facts_of, in_words, open_if_clear
from workflow.signing.models import WARNING_ACCEPTED, WARNINGS_OWE_WHY, AcceptedWarning
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks.act import entitled, owed, save


def accept_warnings(user: User, contract_id: int, *, marks: list[str], reason: str) -> bool:
    """A pilot of either party accepts these warnings, and says why; return whether the signing opened.

    ``marks`` name them as the page showed them (``launch.Standing.mark``): of other facts, nothing is
    accepted. A rehearsal that fails is accepted by nobody: with one, nothing opens.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        version, waiting = _held(contract)
        table = launch.table(version)
        found = _chosen(table, marks)
        reason = owed(reason, WARNINGS_OWE_WHY)
        for one in found:
            save(
                AcceptedWarning(
                    version=version,
                    version_sha256=version.content_sha256,
                    author=user,
                    mandate=mandate,
                    quality=mandate.quality,
                    at=timezone.now(),
                    reason=reason,
                    signatory=one.signatory,
                    code=one.warned.code,
                    about=one.warned.about,
                    sentence=one.warned.in_french,
                )
            )
        facts = {
            "organisation": mandate.office.organisation.short_name,
            **facts_of(version, found),
            "reason": reason,
        }
        entry = journal.record(
            "warnings_accepted",
            contract=contract,
            actor=user,
            mandate=mandate,
            payload={**facts, "warnings": in_words(found)},
        )
        events.publish_with(entry, contract, actor=user, **facts)
        return _opened(contract, version, waiting, user, mandate)


def look_again(user: User, contract_id: int) -> bool:
    """A pilot has the facts looked at again; return whether the signing opened."""
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        version, waiting = _held(contract)
        if launch.table(version).failure:
            defer_look(contract, anew=True)
            return False
        return _opened(contract, version, waiting, user, mandate, cleared=True)


def _held(contract: Contract) -> tuple[ContractVersion, list[Task]]:
    """Return the version whose signing is held and the tasks of its pilots; raises AlreadyDone."""
    waiting, version = launch.held_by(contract), contract.latest_version
    if not waiting or version is None:
        raise AlreadyDone
    return version, waiting


def _chosen(table: Table, marks: list[str]) -> list[Standing]:
    """Return the warnings that these marks name; raises Locked for none, or for one that is no longer so."""
    if not marks:
        raise Locked(_("Cochez les avertissements que vous acceptez."))
    by_mark = {one.mark: one for one in table.warnings}
    if not set(marks) <= by_mark.keys():
        raise Locked(
            _("Un des avertissements a changé depuis que vous avez ouvert cette page : relisez-les.")
        )
    found = [one for mark, one in by_mark.items() if mark in marks]
    if any(one.accepted for one in found):
        raise Locked(str(WARNING_ACCEPTED))
    return found


def _opened(
    contract: Contract,
    version: ContractVersion,
    waiting: list[Task],
    user: User,
    mandate: Mandate,
    *,
    cleared: bool = False,
) -> bool:
    """Open the signing if nothing stops it; where only a rehearsal is owed, the worker does both."""
    opened = open_if_clear(contract, version, waiting, user, mandate, cleared=cleared)
    if not opened and not launch.is_rehearsed(contract, version):
        defer_look(contract)
    return opened
