"""Each kind of grant × who asks × for whom × who confirms × when; first on the pure rules, then by acts.

The rules are asked of every combination and held against a second writing of them, from the
words of the issue: an oracle that shares no line with :mod:`stakeholders.granting`.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from stakeholders.granting import Asked, Tie, Who, why_not_ask, why_not_confirm
from stakeholders.invitations import Invitation
from stakeholders.models import (
    Absence,
    Grant,
    GrantState,
    Mandate,
    Office,
    Organisation,
    Role,
    SigningAuthority,
    User,
)
from stakeholders.proofs import Proof
from tests.cast import Cast
from tests.granted import asked, confirmed, proof
from tests.owner import as_owner
from tests.snapshots import again
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.notices.models import QueuedMail
from workflow.powers import acts as powers_acts
from workflow.powers import appointments, asking
from workflow.record.models import JournalEntry
from workflow.record.refusals import ActRefused

pytestmark = pytest.mark.access_matrix
NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ASKER, BENEFICIARY, GRANTOR, OTHER = range(1, 5)
TIES = [frozenset(ties) for n in range(len(Tie) + 1) for ties in itertools.combinations(Tie, n)]


@pytest.mark.parametrize("person", [ASKER, BENEFICIARY, GRANTOR, OTHER])
@pytest.mark.parametrize("delegation", [False, True], ids=["second", "delegation"])
def test_who_confirms_what_when(person: int, delegation: bool) -> None:
    """4 people × 2 × 16 ties × 16 too new × 5 states × 2 hours × 2 × 2 × 2 × 2: all of them."""
    tried = 0
    for ties, too_new in itertools.product(TIES, TIES):
        if ties & too_new:
            continue
        for state, hour, has_second, active, holds, settled in itertools.product(
            GrantState, (-1, 1), (False, True), (False, True), (False, True), (False, True)
        ):
            who = Who(person, ties, too_new, is_grantor=person == GRANTOR and holds, is_active=active)
            asked_for = Asked(
                asker=ASKER,
                beneficiaries=frozenset({BENEFICIARY}),
                state=state,
                expires_at=NOW + hour * HOUR,
                grantor=GRANTOR if delegation else None,
                grantor_may=settled,
                has_second=has_second,
            )
            may = not why_not_confirm(who, asked_for, NOW)
            assert may == _oracle(who, asked_for, settled=settled), (who, asked_for)
            tried += 1
    assert tried == 3**4 * 5 * 2**5


def _oracle(who: Who, what: Asked, *, settled: bool) -> bool:
    open_now = what.state == "requested" and what.expires_at is not None and what.expires_at > NOW
    if not open_now or not who.is_active or who.person in {ASKER, BENEFICIARY}:
        return False
    gives_it_themselves = who.is_grantor and settled
    if what.grantor is not None or who.is_grantor:
        return gives_it_themselves
    if "administrator" in who.ties or "head" in who.ties:
        return True
    if {"administrator", "head"} & set(who.too_new):
        return False
    return not what.has_second and bool({"neighbour", "platform"} & set(who.ties))


def test_who_asks_for_whom() -> None:
    for ties, too_new, person, active in itertools.product(TIES, TIES, (ASKER, BENEFICIARY), (False, True)):
        who = Who(person, ties, too_new, is_active=active)
        may = not why_not_ask(who, frozenset({BENEFICIARY}))
        entitled = bool({"administrator", "platform"} & {*ties, *too_new})
        assert may == (active and entitled and person != BENEFICIARY)


# --- the same through the acts -----------------------------------------------------------


def held(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


def drafted(cast: Cast, kind: str, beneficiary: User) -> Grant:
    """The city's director of services asks for one thing of a kind, for somebody of the city."""
    town, today = cast.organisation("org-ville"), timezone.localdate()
    dates: dict[str, Any] = {"starts_on": today, "ends_on": None}
    deputy = Office.objects.get_or_create(organisation=town, title="Second adjoint", role=Role.DELEGATE)[0]
    made: Any
    if kind == "mandate":
        made = appointments.give_office(cast.dgs, town, person=beneficiary, office=deputy, act="A", **dates)
    elif kind == "administration":
        office = Office.objects.get_or_create(
            organisation=town, title="Secrétariat", role=Role.CONTRIBUTOR, administers=True
        )[0]
        made = appointments.give_office(cast.dgs, town, person=beneficiary, office=office, act="", **dates)
    elif kind == "invitation":
        names = {"civility": "", "first_name": "N", "last_name": "N"}
        made = appointments.invite(
            cast.dgs, town, office=deputy, act="A", email=beneficiary.email, **names, **dates
        )
    elif kind == "proof":
        Organisation.objects.filter(pk=town.pk).update(signing_proof=Proof.CODE)
        made = appointments.set_signing_proof(cast.dgs, town, Proof.PASSWORD)
        Organisation.objects.filter(pk=town.pk).update(signing_proof=Proof.PASSWORD)
        with as_owner():
            Grant.objects.filter(pk=made.pk).update(facts={**made.facts, "from_proof": Proof.PASSWORD})
        made.refresh_from_db()
    elif kind == "absence":
        absence = Absence(
            mandate=held(cast.maire),
            substitute=held(beneficiary),
            powers=["approve_for"],
            starts_on=today,
            ends_on=today,
        )
        made = asking.declare_absence(cast.dgs, town, absence)
    else:
        row = SigningAuthority(
            kind=kind,
            office=held(cast.maire).office,
            grantor=None if kind == "interim" else held(cast.maire),
            delegate=held(beneficiary),
            act="Arrêté",
            published_in="site",
            published_on=today,
            covers_contract_signature=True,
            document_sha256="0" * 64,
            starts_on=today,
        )
        made = asking.record_act(cast.dgs, town, row)
    assert isinstance(made, Grant)
    return made


KINDS = (
    "mandate",
    "administration",
    "invitation",
    "proof",
    "absence",
    "delegation_of_function",
    "delegation_of_signature",
    "substitution",
    "interim",
)
PEOPLE = ("dgs", "maire", "adjointe", "greffe", "pilote_ville", "prefete", "dircab", "admin", "outsider")


@pytest.mark.parametrize(
    ("kind", "beneficiary"),
    # nobody delegates to, or replaces, themselves
    [*[(kind, "greffe") for kind in KINDS], *[(kind, "maire") for kind in KINDS[:3]]],
)
def test_each_kind_asked_by_the_administrator_confirmed_by_each(
    cast: Cast, kind: str, beneficiary: str
) -> None:
    """The mayor alone may, unless it is for the mayor: then nobody in town may, and a neighbour does."""
    grant = asked(drafted(cast, kind, getattr(cast, beneficiary)))
    may = {"maire"} if beneficiary == "greffe" else {"prefete", "dircab"}
    before = _rows(cast)
    for name in PEOPLE:
        if name in may:
            continue
        with pytest.raises(ActRefused):
            confirmed(grant, getattr(cast, name))
    assert _rows(cast) == before, "nothing before it is confirmed"
    confirmed(grant, getattr(cast, sorted(may)[0]))
    assert _rows(cast) != before or kind == "proof"
    grant.refresh_from_db()
    assert grant.state == GrantState.CONFIRMED


def _rows(cast: Cast) -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Mandate, SigningAuthority, Absence, Invitation))


def test_everybody_concerned_is_told_and_every_contract_shows_it(cast: Cast) -> None:
    grant = asked(drafted(cast, "delegation_of_function", cast.greffe))
    told = {mail.letter()["to"] for mail in QueuedMail.objects.all()}
    pilots = {cast.pilote_ville.email, cast.pilote_prefecture.email}
    assert {cast.maire.email, cast.greffe.email} | pilots <= told
    assert cast.dgs.email not in told
    QueuedMail.objects.all().delete()
    confirmed(grant, cast.maire)
    told = {mail.letter()["to"] for mail in QueuedMail.objects.all()}
    assert {cast.dgs.email, cast.greffe.email} | pilots <= told
    verbs = Counter(JournalEntry.objects.filter(contract=cast.contract).values_list("verb", flat=True))
    assert (verbs["grant_requested"], verbs["grant_confirmed"]) == (1, 1)


def test_the_incumbent_and_the_pilots_are_told_of_a_withdrawal(cast: Cast) -> None:
    appointments.withdraw(cast.dgs, cast.organisation("org-ville"), held(cast.greffe))
    told = {mail.letter()["to"] for mail in QueuedMail.objects.all()}
    assert {cast.greffe.email, cast.pilote_ville.email, cast.pilote_prefecture.email} <= told
    assert JournalEntry.objects.filter(contract=cast.contract, verb="power_ended").exists()


@pytest.mark.race
def test_two_who_confirm_at_once_give_it_once(cast: Cast) -> None:
    second = Office.objects.create(
        organisation=cast.organisation("org-ville"), title="Cabinet", role=Role.CONTRIBUTOR, administers=True
    )
    Mandate.objects.create(person=cast.pilote_ville, office=second, starts_on=timezone.localdate())
    grant = asked(drafted(cast, "mandate", cast.greffe))
    people = (cast.maire, cast.pilote_ville)
    tokens = [proof(person, grant, powers_acts.CONFIRM) for person in people]
    for _turn in again(TIMES):

        def confirm(person: User, token: str) -> None:
            powers_acts.confirm_grant(person, grant.pk, confirmation=token)

        ended = at_once(*[lambda p=p, t=t: confirm(p, t) for p, t in zip(people, tokens, strict=True)])
        assert Counter(ended) == {"done": 1, "Locked": 1}
        assert Mandate.objects.filter(person=cast.greffe).count() == 2


@pytest.mark.race
def test_a_confirmation_and_a_withdrawal_at_once_are_one_or_the_other(cast: Cast) -> None:
    grant = asked(drafted(cast, "mandate", cast.greffe))
    token = proof(cast.maire, grant, powers_acts.CONFIRM)
    for _turn in again(TIMES):
        at_once(
            lambda: powers_acts.confirm_grant(cast.maire, grant.pk, confirmation=token),
            lambda: powers_acts.withdraw_grant(cast.dgs, grant.pk),
        )
        grant.refresh_from_db()
        given = Mandate.objects.filter(person=cast.greffe).count() == 2
        assert given == (grant.state == GrantState.CONFIRMED)
