"""What the pilots of a running contract change of its framework: calendar, participants, signatories.

Everything is done under the lock of the contract's process and journaled with what it was before. ``seen``
is the mark of what the person had before their eyes (:func:`mark`): who comes second is told so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import ENDED, Contract, Part
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Organisation, User
from stakeholders.permissions import grant, withdraw
from stakeholders.reading import afresh
from stakeholders.wording import day
from workflow.engine.locks import locked
from workflow.engine.tasks import Task, due_on, is_of_people, open_tasks, put_off_to
from workflow.opening import acts, rules, running_rules, seats
from workflow.opening.forms import STEPS
from workflow.opening.participants import MUNICIPALITY, commune_of, taking_part
from workflow.record import events, journal
from workflow.record.refusals import Invalid, Locked
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks.act import entitled

CALENDAR, PARTICIPANTS, PLACES = "calendar", "participants", "places"


@dataclass(frozen=True)
class Changing:
    """A running contract whose lock is held, by whom and by which mandate."""

    contract: Contract
    user: User
    mandate: Mandate

    def tell(self, verb: str, changes: Sequence[str], **facts: Any) -> None:
        """Journal a change and tell the open pages; ``changes`` are sentences."""
        organisation = self.mandate.office.organisation
        said = {"organisation": organisation.short_name, "changes": " ; ".join(changes)}
        entry = journal.record(
            verb,
            contract=self.contract,
            actor=self.user,
            mandate=self.mandate,
            quality=self.mandate.quality,
            payload={**said, **facts},
        )
        events.publish_with(entry, self.contract, actor=self.user, organisation_id=organisation.pk, **said)


def state(contract: Contract, section: str) -> Any:
    """Return what a section of the page says now, as the journal keeps it."""
    if section == CALENDAR:
        return {
            "target_date": contract.target_date.isoformat() if contract.target_date else None,
            "days": contract.days,
            "reminders": contract.reminders,
            "council_dates": contract.council_dates,
            "zone": contract.zone,
            "keeps_good_friday": contract.keeps_good_friday,
        }
    if section == PARTICIPANTS:
        return {str(organisation.pk): part.value for organisation, part in taking_part(contract)}
    return [
        [place.pk, place.capacity, place.kind, place.required, place.awaited_council or 0]
        for place in contract.places
    ]


def mark(contract: Contract, section: str) -> str:
    """Return a mark that changes with what the section says."""
    said = json.dumps(state(contract, section), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:20]


@contextmanager
def changing(user: User, contract_id: int, section: str, seen: str) -> Iterator[Changing]:
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with afresh(), locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        if contract.status in ENDED:
            raise Locked(running_rules.over())
        if seen != mark(contract, section):
            raise Invalid(
                _(
                    "Un autre pilote a changé ce cadre entre-temps. Ce que vous aviez saisi est conservé ; "
                    "ce qui est en vigueur est rappelé à chaque ligne : relisez, puis enregistrez de nouveau."
                ),
                running_rules.STALE,
            )
        try:
            yield Changing(contract, user, mandate)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages)) from error


def change_calendar(
    user: User,
    contract_id: int,
    *,
    seen: str,
    sessions: Mapping[int, dt.date | None],
    **facts: Any,
) -> bool:
    """Change target, days, holidays, sessions; the open tasks' last days follow, from when each opened.

    Returns whether anything changed. Raises Invalid where an open task would be late at once.
    """
    with changing(user, contract_id, CALENDAR, seen) as met:
        contract = met.contract
        before = state(contract, CALENDAR)
        acts.write_calendar(contract, sessions, facts)
        after = state(contract, CALENDAR)
        if after == before:
            return False
        moved = [
            row for task in open_tasks(contract) if is_of_people(task) and (row := _moved(contract, task))
        ]
        met.tell("calendar_changed", _said_of(contract, before, after), before=before, after=after, due=moved)
    return True


def _moved(contract: Contract, task: Task) -> dict[str, str] | None:
    """Move the last day of an open task; return what it was and is, or None where it stays."""
    since = timezone.localtime(task.created).date()
    before, after = due_on(task), contract.due(task.flow_task.purpose, since, task.flow_task.days)
    if put_off := put_off_to(task):  # by a pilot, for a reason: it is not taken back by the way
        after = max(after, put_off)
    if before == after:
        return None
    if after < timezone.localdate():
        words = _(
            "« %(step)s » est ouverte depuis le %(since)s : avec ce délai, elle serait déjà échue "
            "le %(due)s. Donnez-lui plus de jours."
        )
        purpose = task.flow_task.purpose
        field = f"days-{purpose}" if purpose in STEPS else None
        raise Invalid(words % {"step": task.title, "since": day(since), "due": day(after)}, field)
    task.data = {**(task.data or {}), "due_on": after.isoformat()}
    task.save(update_fields=["data"])
    return {
        "task": str(task.pk),
        "step": task.flow_task.name,
        "before": before.isoformat() if before else "",
        "after": after.isoformat(),
    }


def _said_of(contract: Contract, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = []
    if before["target_date"] != after["target_date"]:
        target = contract.target_date
        found.append(_("signature souhaitée le %(day)s") % {"day": day(target)} if target else _("sans date"))
    found += [
        _("%(step)s en %(days)s jours") % {"step": label, "days": after["days"][step]}
        for step, label in STEPS.items()
        if step in after["days"] and before["days"].get(step) != after["days"][step]
    ]
    if before["reminders"] != after["reminders"]:
        found.append(_("rappels"))
    if before["council_dates"] != after["council_dates"]:
        found.append(_("séances des conseils"))
    if any(before[name] != after[name] for name in ("zone", "keeps_good_friday")):
        found.append(_("jours fériés"))
    return found or [_("délais")]


def change_participants(
    user: User, contract_id: int, parts: Mapping[Organisation, str], *, seen: str
) -> bool:
    """Give organisations their part, or none: who comes sees the contract, who leaves no longer does.

    Who is asked for an opinion from now on is asked from the next version frozen. Returns whether anything
    changed. Raises Invalid for a pilot of the other side, for somebody who owes or has given something
    (:mod:`workflow.opening.running_rules`).
    """
    with changing(user, contract_id, PARTICIPANTS, seen) as met:
        contract = met.contract
        before, said = state(contract, PARTICIPANTS), []
        present = {organisation.pk: part for organisation, part in taking_part(contract)}
        places = state(contract, PLACES)
        lacking = {gap.sentence for gap in rules.people(contract)}
        for organisation, part in parts.items():
            now = present.get(organisation.pk)
            if part == (now or ""):
                continue
            if why := running_rules.why_not_change(contract, met.mandate, organisation, now, part):
                raise Invalid(why)
            said.append(_change(contract, organisation, part))
        if not said:
            return False
        if missing := [gap for gap in rules.people(contract) if gap.sentence not in lacking]:
            raise Invalid(missing[0].sentence)
        facts: dict[str, Any] = {"before": before, "after": state(contract, PARTICIPANTS)}
        if places != state(contract, PLACES):
            facts["places"] = {"before": places, "after": state(contract, PLACES)}
        met.tell("participants_changed", said, **facts)
    return True


def _change(contract: Contract, organisation: Organisation, part: str) -> str:
    """Give an organisation its part, its access and, if it pilots for a commune, its mayor's place."""
    commune = commune_of(organisation) if organisation.kind == MUNICIPALITY else ""
    if not part:
        acts.leave(contract, organisation)
        withdraw(Power.VIEW, organisation, contract)
        if commune in contract.communes and commune not in _piloted(contract):
            contract.communes = [one for one in contract.communes if one != commune]
            contract.save(update_fields=["communes"])
        return _("%(name)s ne participe plus") % {"name": organisation.short_name}
    contract.participations.update_or_create(organisation=organisation, defaults={"part": part})
    grant(Power.VIEW, organisation, contract)
    if part == Part.CITY_PILOT and commune:
        if commune not in contract.communes:
            contract.communes = [*contract.communes, commune]
            contract.save(update_fields=["communes"])
        for seat in seats.proposed(contract):
            if seat.organisation == organisation and seat.office and not _has_place(contract, seat.office):
                seats.add_seat(contract, seat)
    return f"{organisation.short_name}{_(' : ')}{Part(part).label}"


def _piloted(contract: Contract) -> set[str]:
    return {commune_of(o) for o, part in taking_part(contract) if part == Part.CITY_PILOT}


def _has_place(contract: Contract, office: Office) -> bool:
    return contract.signatories.filter(office=office).exists()
