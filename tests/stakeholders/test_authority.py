"""Who may sign for an office: each kind, each date, each scope, each rule that says no.

The function is asked with rows that no database holds: it reads nothing but what it is given.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stakeholders.authority import Basis, NoBasis, Question, Rule, decide
from stakeholders.models import AuthorityKind, Mandate, Office, Organisation, Role, SigningAuthority, User
from stakeholders.wording import day

Kind = AuthorityKind
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2027, 2, 8), dt.date(2027, 2, 14)
TODAY = dt.date(2027, 2, 12)
EPOCH = dt.date(2026, 1, 1)
PREFECTURE = Organisation(pk=1, name="Préfecture de l’Orme", short_name="Préfecture", kind="prefecture")
PREFECT = Office(pk=1, organisation=PREFECTURE, title="Préfète de l’Orme", role=Role.HEAD)
SECRETARY = Office(
    pk=2,
    organisation=PREFECTURE,
    title="Sous-préfète, secrétaire générale de la préfecture",
    role=Role.DELEGATE,
)


def person(pk: int, civility: str = "Mme", **changes: Any) -> User:
    return User(pk=pk, civility=civility, first_name="A.", last_name=f"P{pk}", email=f"{pk}@x", **changes)


@dataclass
class Prefecture:
    """The prefect, the secretary general, and what the register says; each test bends one thing."""

    prefect: Mandate = field(
        default_factory=lambda: Mandate(pk=1, person=person(1), office=PREFECT, starts_on=EPOCH)
    )
    secretary: Mandate = field(
        default_factory=lambda: Mandate(pk=2, person=person(2), office=SECRETARY, starts_on=EPOCH)
    )

    def authority(self, kind: AuthorityKind, **changes: Any) -> SigningAuthority:
        facts: dict[str, Any] = {
            "pk": 1,
            "kind": kind,
            "office": PREFECT,
            "grantor": None if kind == Kind.INTERIM else self.prefect,
            "delegate": self.secretary,
            "act": "Arrêté n° 1",
            "published_in": "RAA",
            "published_on": FIRST - DAY,
            "starts_on": FIRST,
            "ends_on": LAST,
            "covers_contract_signature": kind != Kind.REPRESENTATION_ONLY,
        }
        return SigningAuthority(**{**facts, **changes})

    def asks(
        self,
        *authorities: SigningAuthority,
        on: dt.date = TODAY,
        who: User | None = None,
        contract_kind: str = "csi",
        communes: tuple[str, ...] = ("Clairval-sur-Orme",),
    ) -> Basis | NoBasis:
        question = Question(who or self.secretary.person, PREFECT, on, contract_kind, communes)
        return decide(question, mandates=[self.prefect, self.secretary], authorities=authorities)


DELEGATED = [Kind.DELEGATION_OF_SIGNATURE, Kind.DELEGATION_OF_FUNCTION, Kind.SUBSTITUTION, Kind.INTERIM]


def rule_of(answer: Basis | NoBasis) -> Rule | None:
    return answer.rule if isinstance(answer, NoBasis) else None


def vacant() -> Prefecture:
    """The prefect has left; the office waits for another."""
    scene = Prefecture()
    scene.prefect.ends_on = FIRST - DAY
    return scene


def scene_for(kind: AuthorityKind) -> Prefecture:
    return vacant() if kind == Kind.INTERIM else Prefecture()


def test_the_holder_signs_while_the_mandate_runs() -> None:
    scene = Prefecture()
    scene.prefect.starts_on, scene.prefect.ends_on = FIRST, LAST
    for when, may in ((FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)):
        answer = scene.asks(on=when, who=scene.prefect.person)
        assert bool(answer) is may, when
    answer = scene.asks(who=scene.prefect.person)
    assert isinstance(answer, Basis)
    assert (answer.kind, answer.is_own, answer.stamp_lines) == (Kind.OFFICE_HOLDER, True, [])


@pytest.mark.parametrize("kind", DELEGATED)
@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (FIRST - DAY, Rule.NOT_YET),
        (FIRST, None),
        (TODAY, None),
        (LAST, None),
        (LAST + DAY, Rule.ENDED),
    ],
)
def test_each_kind_runs_between_its_days_only(kind: AuthorityKind, day: dt.date, rule: Rule | None) -> None:
    scene = scene_for(kind)
    assert rule_of(scene.asks(scene.authority(kind), on=day)) == rule


@pytest.mark.parametrize("kind", DELEGATED)
def test_an_act_without_end_runs_on(kind: AuthorityKind) -> None:
    scene = scene_for(kind)
    assert scene.asks(scene.authority(kind, ends_on=None), on=dt.date(2031, 1, 1))


@pytest.mark.parametrize("kind", [*DELEGATED, Kind.REPRESENTATION_ONLY])
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"covers_contract_signature": False}, Rule.SCOPE),
        ({"contract_kinds": ["amendment"]}, Rule.CONTRACT_KIND),
        ({"contract_kinds": ["amendment", "csi"]}, None),
        ({"communes": ["Ombreval-les-Bois"]}, Rule.TERRITORY),
        ({"communes": ["Ombreval-les-Bois", "Clairval-sur-Orme"]}, None),
        ({"withdrawn_at": dt.datetime(2027, 2, 9, tzinfo=dt.UTC)}, Rule.WITHDRAWN),
    ],
)
def test_each_kind_keeps_to_its_scope(
    kind: AuthorityKind, changes: dict[str, Any], rule: Rule | None
) -> None:
    scene = scene_for(kind)
    if kind == Kind.REPRESENTATION_ONLY and rule != Rule.WITHDRAWN:
        rule = Rule.REPRESENTATION
    assert rule_of(scene.asks(scene.authority(kind, **changes))) == rule


def test_every_commune_of_the_perimeter_must_be_covered() -> None:
    scene = Prefecture()
    row = scene.authority(Kind.DELEGATION_OF_SIGNATURE, communes=["Clairval-sur-Orme"])
    answer = scene.asks(row, communes=("Clairval-sur-Orme", "Saint-Jacques"))
    assert isinstance(answer, NoBasis)
    assert answer.rule == Rule.TERRITORY
    assert "Saint-Jacques" in answer.message
    assert "Clairval" not in answer.message


@pytest.mark.parametrize("on", [FIRST - DAY, LAST + DAY])
def test_a_refusal_writes_its_day_in_words(on: dt.date) -> None:
    scene = Prefecture()
    answer = scene.asks(scene.authority(Kind.DELEGATION_OF_SIGNATURE), on=on)
    assert isinstance(answer, NoBasis)
    assert day(FIRST if on < FIRST else LAST) in answer.message


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Kind.DELEGATION_OF_SIGNATURE, Rule.LAPSED),
        (Kind.DELEGATION_OF_FUNCTION, Rule.LAPSED),
        (Kind.SUBSTITUTION, Rule.LAPSED),
        (Kind.INTERIM, None),
        (Kind.REPRESENTATION_ONLY, Rule.REPRESENTATION),
    ],
)
def test_what_was_given_lapses_with_who_gave_it(kind: AuthorityKind, rule: Rule | None) -> None:
    scene = vacant()
    assert rule_of(scene.asks(scene.authority(kind))) == rule


def test_a_mandate_withdrawn_at_once_takes_its_delegations_along() -> None:
    scene = Prefecture()
    scene.prefect.withdrawn_at = dt.datetime(2027, 2, 12, 9, tzinfo=dt.UTC)
    assert rule_of(scene.asks(scene.authority(Kind.DELEGATION_OF_SIGNATURE))) == Rule.LAPSED


def test_an_interim_ends_with_the_vacancy() -> None:
    scene = Prefecture()
    assert rule_of(scene.asks(scene.authority(Kind.INTERIM))) == Rule.NOT_VACANT
    assert scene.asks(scene.authority(Kind.SUBSTITUTION)), "absent, the prefect still holds the office"


def test_a_delegate_who_left_their_own_office_signs_no_more() -> None:
    scene = Prefecture()
    scene.secretary.ends_on = TODAY - DAY
    row = scene.authority(Kind.DELEGATION_OF_SIGNATURE)
    assert rule_of(scene.asks(row)) == Rule.OTHER_OFFICE_ENDED


@pytest.mark.parametrize("kind", [Kind.DELEGATION_OF_SIGNATURE, Kind.DELEGATION_OF_FUNCTION])
@pytest.mark.parametrize(
    "changes", [{"published_on": None}, {"published_on": TODAY + DAY}, {"published_in": ""}]
)
def test_a_delegation_is_worth_nothing_before_it_is_published(
    kind: AuthorityKind, changes: dict[str, Any]
) -> None:
    scene = Prefecture()
    assert rule_of(scene.asks(scene.authority(kind, **changes))) == Rule.UNPUBLISHED


def test_nobody_signs_on_the_strength_of_nothing_or_of_another_office() -> None:
    scene = Prefecture()
    assert rule_of(scene.asks()) == Rule.NOTHING
    elsewhere = scene.authority(Kind.SUBSTITUTION, office=SECRETARY)
    assert rule_of(scene.asks(elsewhere)) == Rule.NOTHING


def test_a_closed_account_signs_nothing_not_even_its_own_office() -> None:
    scene = Prefecture()
    scene.prefect.person.is_active = False
    assert rule_of(scene.asks(who=scene.prefect.person)) == Rule.CLOSED_ACCOUNT


@pytest.mark.parametrize("kind", DELEGATED)
def test_who_holds_the_control_of_legality_signs_for_nobody(kind: AuthorityKind) -> None:
    scene = scene_for(kind)
    control = Office(pk=9, organisation=PREFECTURE, title="Contrôle de légalité", role=Role.LEGALITY)
    held = Mandate(pk=9, person=scene.secretary.person, office=control, starts_on=TODAY, ends_on=TODAY)
    row, theirs = scene.authority(kind), Mandate(pk=9, person=person(9), office=control, starts_on=EPOCH)
    for on, others, rule in (
        (TODAY, [held], Rule.APART),
        (TODAY - DAY, [held], None),
        (TODAY + DAY, [held], None),
        (TODAY, [theirs], None),
    ):
        question = Question(scene.secretary.person, PREFECT, on, "csi", ("Clairval-sur-Orme",))
        answer = decide(question, mandates=[scene.prefect, scene.secretary, *others], authorities=[row])
        assert rule_of(answer) == rule


def test_of_several_acts_the_one_that_serves_is_used_and_named() -> None:
    """Clairval: the general delegation does not cover contracts, the substitution does, in its days."""
    scene = Prefecture()
    general = scene.authority(
        Kind.DELEGATION_OF_SIGNATURE,
        pk=2,
        act="Arrêté général",
        starts_on=EPOCH,
        ends_on=None,
        covers_contract_signature=False,
        scope="Toutes matières, à l’exception des conventions",
    )
    substitution = scene.authority(Kind.SUBSTITUTION, pk=3, act="Arrêté de suppléance")
    answer = scene.asks(general, substitution)
    assert isinstance(answer, Basis)
    assert (answer.kind, answer.authority) == (Kind.SUBSTITUTION, substitution)
    after = scene.asks(general, substitution, on=LAST + DAY)
    assert isinstance(after, NoBasis)
    assert (after.rule, after.authority) == (Rule.SCOPE, general)
    assert "conventions" in after.message


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        (
            Kind.DELEGATION_OF_SIGNATURE,
            "Pour la préfète de l’Orme et par délégation, "
            "la sous-préfète, secrétaire générale de la préfecture",
        ),
        (
            Kind.SUBSTITUTION,
            "Pour la préfète de l’Orme absente, "
            "la sous-préfète, secrétaire générale de la préfecture, par suppléance",
        ),
        (
            Kind.INTERIM,
            "Pour la préfète de l’Orme, poste vacant, "
            "la sous-préfète, secrétaire générale de la préfecture, par intérim",
        ),
    ],
)
def test_the_stamp_says_on_what_basis(kind: AuthorityKind, formula: str) -> None:
    scene = scene_for(kind)
    answer = scene.asks(scene.authority(kind))
    assert isinstance(answer, Basis)
    assert answer.stamp_lines == [formula, "Arrêté n° 1"]
    assert answer.quality == f"{formula} (Arrêté n° 1)"
    assert answer.facts()["source"]


def test_the_formula_agrees_with_a_man_and_with_a_vowel() -> None:
    scene = Prefecture()
    scene.prefect.person.civility = "M."
    deputy = Office(pk=3, organisation=PREFECTURE, title="Adjointe à la sécurité", role=Role.DELEGATE)
    named = Mandate(pk=3, person=person(3), office=deputy, starts_on=EPOCH)
    answer = decide(
        Question(named.person, PREFECT, TODAY, "csi", ()),
        mandates=[scene.prefect, named],
        authorities=[scene.authority(Kind.SUBSTITUTION, delegate=named)],
    )
    assert isinstance(answer, Basis)
    assert answer.formula == "Pour le préfète de l’Orme absent, l’adjointe à la sécurité, par suppléance"


days = st.dates(dt.date(2026, 6, 1), dt.date(2028, 6, 1))


@given(
    on=days,
    starts=days,
    length=st.none() | st.integers(0, 400),
    published=st.none() | days,
    grantor=st.tuples(days, st.none() | st.integers(0, 400)),
    kind=st.sampled_from(DELEGATED),
)
def test_whatever_the_dates_it_serves_exactly_when_everything_it_needs_runs(
    on: dt.date,
    starts: dt.date,
    length: int | None,
    published: dt.date | None,
    grantor: tuple[dt.date, int | None],
    kind: AuthorityKind,
) -> None:
    scene = Prefecture()
    scene.prefect.starts_on = grantor[0]
    scene.prefect.ends_on = None if grantor[1] is None else grantor[0] + grantor[1] * DAY
    ends = None if length is None else starts + length * DAY
    row = scene.authority(kind, starts_on=starts, ends_on=ends, published_on=published)
    held = grantor[0] <= on and (scene.prefect.ends_on is None or on <= scene.prefect.ends_on)
    runs = starts <= on and (ends is None or on <= ends)
    if kind == Kind.INTERIM:
        expected = runs and not held
    elif kind == Kind.SUBSTITUTION:
        expected = runs and held
    else:
        expected = runs and held and published is not None and published <= on
    answer = scene.asks(row, on=on)
    assert bool(answer) is expected
    if isinstance(answer, NoBasis):
        assert answer.message.endswith(".")
        assert answer.authority is row
