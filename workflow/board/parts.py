"""The parts of a contract's page that move: what each shows, rendered once for all who read the same.

A part that says the same to many readers is kept for a few seconds, under the last event of its
contract: when something happens on a contract that thirty people watch, it is rendered once a
language, not thirty times, and by whoever asks first while the others wait. The head, which says what
the reader has to do, is rendered for each: its forms bear a token drawn anew (config/once.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import quote_etag
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from contracts.models import Commitment, Contract
from contracts.models.contract import versions_of
from stakeholders.models import User
from workflow.board.circuit import circuit
from workflow.board.diagram_status import diagram_status
from workflow.board.head import head
from workflow.board.history import history
from workflow.board.kept import since_the_last_event
from workflow.board.lanes import lanes, missing_opinions, never_asked
from workflow.board.sieve import EVERY, Sieve, sifted
from workflow.board.steps import steps
from workflow.opinions.rules import approvals_of
from workflow.record import events
from workflow.signing import progress
from workflow.signing.rules import refusal_of
from workflow.standing.parties import taking_part
from workflow.standing.standings import Standings
from workflow.tasks.answers import Request


@dataclass(frozen=True)
class Reader:
    """For whom the page is shown: the person, what they may do, the token of the forms they are given."""

    person: User
    standings: Standings
    token: str


@dataclass(frozen=True)
class Reading:
    """What a part may depend on: the contract, the reader's own organisations in it, the entries they hold.

    ``after`` is the number of the journal's entry after which the page's newest lines begin, ``sieve`` which
    commitments are shown.
    """

    contract: Contract
    organisations: frozenset[int]
    after: int
    sieve: Sieve = EVERY


Facts = Callable[[Reading], dict[str, Any]]


def reader_of(request: Request) -> Reader:
    """Return for whom a request is answered."""
    return Reader(request.user, request.standings, get_token(request))


def parts(reader: Reader, contract: Contract, *, after: int = 0) -> dict[str, SafeString]:
    """Return each part of the page that moves, rendered, by the name that its place on the page bears."""
    reading = Reading(contract, _organisations(reader, contract), after)
    facts = head(reader.person, reader.standings, contract)
    shown = {"entete": render_to_string("board/_partials/head.html", facts | {"csrf_token": reader.token})}
    return shown | {name: _kept(reader.person, name, reading) for name in SHARED}


def text(reader: Reader, contract: Contract, sieve: Sieve = EVERY) -> SafeString:
    """Return the volets and their commitments, rendered: what only a new reading of the page shows anew."""
    return _kept(reader.person, "texte", Reading(contract, _organisations(reader, contract), 0, sieve))


def drawn(person: User, contract: Contract) -> dict[str, Any]:
    """Return the state of each step of the diagram, the same for all who read the contract."""
    return since_the_last_event(contract, person, "schema", lambda: diagram_status(contract))


def tag_of(person: User, contract: Contract) -> str:
    """Return the entity tag (RFC 9110, 8.8.3) of what the reader is shown of the contract now."""
    _of_contract, last = events.last_about(contract, person)
    return quote_etag(f"{last}-{person.pk}-{get_language()}-{timezone.localdate().toordinal()}")


def _organisations(reader: Reader, contract: Contract) -> frozenset[int]:
    """Return the organisations of the contract for which the reader acts."""
    own = reader.standings.organisations
    return frozenset(row.organisation_id for row in taking_part(contract) if row.organisation_id in own)


def _kept(person: User, name: str, reading: Reading) -> SafeString:
    """Return a part as it was rendered since the contract's last event, or render it now."""
    part = (SHARED | UNMOVED)[name]

    def render() -> SafeString:
        return render_to_string(part.template, {"contract": reading.contract, **part.facts(reading)})

    return since_the_last_event(
        reading.contract, person, name, render, *part.varies(reading), kept_in="parts"
    )


def _steps(reading: Reading) -> dict[str, Any]:
    versions = versions_of(reading.contract)
    approvals_of.of(versions)  # the steps ask of the last one, the lanes then of all: once
    refusal_of.of(versions)
    return {"steps": steps(reading.contract)}


def _lanes(reading: Reading) -> dict[str, Any]:
    return {
        "lanes": lanes(reading.contract),
        "my_organisations": reading.organisations,
        "missing": missing_opinions(reading.contract),
        "never_asked": never_asked(reading.contract),
    }


def _signatures(reading: Reading) -> dict[str, Any]:
    placed = progress.places(reading.contract)
    # the seal comes when all have signed: nothing to ask of it before
    is_over = all(place.act and place.act.request.done_at for place in placed)
    return {"places": placed, "seal": progress.seal_of(reading.contract) if is_over else None}


def _summary(reading: Reading) -> dict[str, Any]:
    return {"versions": versions_of(reading.contract)}


def _circuit(reading: Reading) -> dict[str, Any]:
    return {"circuit": circuit(reading.contract)}


def _history(reading: Reading) -> dict[str, Any]:
    return {"history": history(reading.contract, after=reading.after)}


def _text(reading: Reading) -> dict[str, Any]:
    commitments = Commitment.objects.select_related("lead", "owner")
    volets = reading.contract.volets.prefetch_related(Prefetch("commitments", commitments))
    return sifted(list(volets), reading.sieve, reading.organisations)


@dataclass(frozen=True)
class Part:
    """What a part shows, in which template, and what else than its contract's state it depends on."""

    template: str
    facts: Facts
    varies: Callable[[Reading], Sequence[object]] = lambda _reading: []


# by the name of its place on the page
SHARED = {
    "etapes": Part("board/_partials/steps.html", _steps),
    "acteurs": Part("board/_partials/lanes.html", _lanes, lambda reading: sorted(reading.organisations)),
    "signatures": Part("board/_partials/signatures.html", _signatures),
    "resume": Part("board/_partials/summary.html", _summary),
    "circuit": Part("board/_partials/circuit.html", _circuit),
    "historique": Part("board/_partials/history.html", _history, lambda reading: [reading.after]),
}
UNMOVED = {
    "texte": Part(
        "board/_partials/text.html",
        _text,
        lambda reading: [*sorted(reading.organisations), f"de={reading.sieve.lead}", reading.sieve.due],
    )
}
