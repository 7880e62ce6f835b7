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
from workflow.news import centre
from workflow.record import events
from workflow.standing.standings import Standings, standings_of_many
from workflow.tasks import lists


class OfThePages:
    """Makes what open pages are pushed (:class:`workflow.live.pushing.Maker`)."""

    def parts(self, contract: int, readers: frozenset[Reader]) -> Made:
        """Make the parts of a contract for these readers.

        Whoever may no longer read it is sent nothing: who may is asked last, in one query.
        """
        found = Contract.objects.select_related("circuit__process").filter(pk=contract).first()
        if found is None:
            return Made()
        people = User.objects.in_bulk({reader.person for reader in readers})
        shown: dict[Reader, Shown] = {}
        for language in sorted({reader.language for reader in readers}):
            asking = [one for one in readers if one.language == language and one.person in people]
            with translation.override(language), reading():  # what a reading keeps may hold words
                shown |= _shown(found, asking, people)
        return Made(shown, frozenset(audience(found)))

    def trays(self, people: frozenset[Own]) -> Made:
        """Make the trays of these people: their tasks are counted in one query."""
        with reading():
            standings = standings_of_many(User.objects.filter(pk__in={person for person, _ in people}))
            waiting, news = lists.waiting(standings), centre.unread(standings)
        trays: dict[Own, str] = {}
        for person, language in people:
            if person in waiting:
                facts = {"waiting_count": waiting[person], "news_count": news[person]}
                with translation.override(language):
                    trays[person, language] = render_to_string("_partials/counts.html", facts)
        return Made(trays=trays)


pushing.made_by(OfThePages())


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
