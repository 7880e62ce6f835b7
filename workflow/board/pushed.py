"""What an open page is pushed when something happened: the parts of a contract's page, the tray's counter.

All who watch are answered in one reading: what the parts ask of the contract is asked once, the mandates of
all readers in one query, and so are their counters.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.template.loader import render_to_string
from django.utils import translation

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.permissions import audience
from stakeholders.reading import reading
from workflow.board import parts
from workflow.live import pushing
from workflow.live.pushing import Made, Own, Reader, Shown
from workflow.record import events
from workflow.standing.standings import Standings, standings_of_many
from workflow.tasks import lists


@pushing.makes
def made(contract_id: int | None, readers: frozenset[Reader], counted: frozenset[Own]) -> Made:
    """Make what is pushed of a contract to these readers, and the trays of these people.

    Whoever may no longer read the contract is sent nothing: who may is asked last, in one query.
    """
    people = User.objects.in_bulk({reader.person for reader in readers} | {person for person, _ in counted})
    found = Contract.objects.select_related("circuit__process").filter(pk=contract_id or 0).first()
    shown: dict[Reader, Shown] = {}
    if found is not None:
        for language in sorted({reader.language for reader in readers}):
            asking = [one for one in readers if one.language == language and one.person in people]
            with translation.override(language), reading():  # what a reading keeps may hold words
                shown |= _shown(found, asking, people)
    trays = _trays(counted, people)
    return Made(shown, trays, frozenset(audience(found)) if found else frozenset())


def _trays(counted: frozenset[Own], people: Mapping[int, User]) -> dict[Own, str]:
    with reading():
        standings = standings_of_many(people[person] for person in {person for person, _ in counted})
        waiting = lists.waiting(standings)
    trays: dict[Own, str] = {}
    for person, language in counted:
        with translation.override(language):
            facts = {"waiting_count": waiting[person]}
            trays[person, language] = render_to_string("_partials/tray_count.html", facts)
    return trays


def _shown(contract: Contract, readers: list[Reader], people: Mapping[int, User]) -> dict[Reader, Shown]:
    own = {reader.person: people[reader.person] for reader in readers}
    standings = standings_of_many(own.values())
    events.last_about_for(contract, own.values())
    return {reader: _page(contract, reader, standings[reader.person]) for reader in readers}


def _page(contract: Contract, reader: Reader, standings: Standings) -> Shown:
    person = standings.person
    read = parts.Reader(person, standings, pushing.TOKEN)
    return Shown(
        parts.parts(read, contract, after=reader.after),
        parts.drawn(person, contract)["steps"],
        parts.tag_of(person, contract),
    )
