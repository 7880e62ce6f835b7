"""The baskets of the inbox: what each holds for one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from stakeholders.models import Mandate, User
from workflow.news import centre
from workflow.standing.standings import Standings
from workflow.tasks import lists
from workflow.tasks.keyset import COUNTED_AT_MOST, Listing, counts


@dataclass(frozen=True)
class Basket:
    """A basket: its address, its title, what its emptiness means, its list of tasks or contracts."""

    slug: SafeString  # our own word: the address that it is part of may be kept
    title: Promise
    empty: Promise
    listing: Listing[Any]
    counters: Counters
    holds_tasks: bool = True
    may_be_delegated: bool = False  # whether its rows say in whose place the person acts

    @property
    def count(self) -> int:
        """How many rows it holds; at most one more than what lists count."""
        return self.counters[self.slug]


class Counters:
    """How many rows each of some lists holds: counted together, in one query, once one of them is asked."""

    def __init__(self) -> None:
        self.listings: dict[str, Listing[Any]] = {}

    def __getitem__(self, name: str) -> int:
        return self._counted[name]

    @cached_property
    def _counted(self) -> dict[str, int]:
        return dict(zip(self.listings, counts(list(self.listings.values())), strict=True))


class Baskets(dict[str, Basket]):
    """A person's baskets by slug, in the order in which they are shown.

    Nothing of them is read before it is asked for, and the person's mandates once for all.
    """

    def __init__(self, user: User, standings: Standings | None = None) -> None:
        mine = standings or Standings(user)
        self._counters = Counters()
        kinds = (_of_tasks(user, mine, self._counters), _of_contracts(user, mine.mandates, self._counters))
        super().__init__({basket.slug: basket for baskets in kinds for basket in baskets})
        self._counters.listings = {slug: basket.listing for slug, basket in self.items()}
        if mine.may_act_in_place:
            self._counters.listings["all"] = lists.task_listing(user, standings=mine)
        self._counters.listings["news"] = centre.listing(user, mine, unread=True)

    @property
    def waiting(self) -> int:
        """How many tasks wait for the person in all, as the head of every page says."""
        if "all" in self._counters.listings:  # what is theirs may be what they do in another's place too
            return self._counters["all"]
        own = self._counters["a-traiter"] + self._counters["a-signer"]
        return min(own, COUNTED_AT_MOST + 1)

    @property
    def news(self) -> int:
        """How many news the person has not read, as the head of every page says."""
        return self._counters["news"]


def _of_tasks(user: User, mine: Standings, counters: Counters) -> Iterator[Basket]:
    """Yield what waits for the person: acts, signatures, those in another’s place, what is late."""
    late = Q(due__lt=timezone.localdate().isoformat())
    nothing_in_place = _("Rien ne vous est confié à la place de quelqu’un d’autre.")
    rows: tuple[tuple[str, Promise, Promise, dict[str, Any]], ...] = (
        ("a-traiter", _("À traiter"), _("Rien ne vous attend."), {"delegated": False, "signing": False}),
        (
            *("a-signer", _("À signer"), _("Aucun contrat n’attend votre signature.")),
            {"delegated": False, "signing": True},
        ),
        ("delegues", _("Délégués"), nothing_in_place, {"delegated": True}),
        ("en-retard", _("En retard"), _("Vous n’avez aucun retard."), {"only": late}),
    )
    for slug, title, empty, kept in rows:
        listing = lists.task_listing(user, standings=mine, **kept)
        own = kept.get("delegated") is False
        yield Basket(SafeString(slug), title, empty, listing, counters, may_be_delegated=not own)


def _of_contracts(user: User, held: list[Mandate], counters: Counters) -> Iterator[Basket]:
    """Yield the contracts that the person may see: under way, and over."""
    for slug, title, empty, ended in (
        ("suivis", _("Suivis"), _("Aucun contrat en cours ne vous concerne."), False),
        ("termines", _("Terminés"), _("Aucun contrat n’est encore terminé."), True),
    ):
        listing = lists.contract_listing(user, ended=ended, mandates=held)
        yield Basket(SafeString(slug), title, empty, listing, counters, holds_tasks=False)
