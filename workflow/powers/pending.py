"""What is asked and not yet confirmed: who may confirm it, what it says, whom it concerns. No writes here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import ENDED, PILOTING, Contract, Status
from stakeholders.authority import source_of
from stakeholders.granting import (
    INSIDE,
    Asked,
    Tie,
    Who,
    must_be_confirmed_by_grantor,
    why_closed,
    why_not_ask,
    why_not_confirm,
)
from stakeholders.kinds import Power
from stakeholders.models import (
    AuthorityKind,
    Grant,
    GrantKind,
    Mandate,
    Office,
    Organisation,
    Role,
    User,
)
from stakeholders.models.grants import GrantQuerySet
from stakeholders.permissions import mandates_in_force
from stakeholders.prepared import MARKER, Prepared
from stakeholders.proofs import Proof
from stakeholders.wording import day

MIXED = "prefecture"  # the kind of organisation of which the independent ones are independent
ALLOWS = {
    Power.DRAFT: gettext_lazy("rédiger le projet"),
    Power.REVIEW: gettext_lazy("rendre les avis"),
    Power.APPROVE: gettext_lazy("approuver le texte"),
    Power.RECORD_RESOLUTION: gettext_lazy("enregistrer les délibérations du conseil"),
    Power.SIGN: gettext_lazy("signer les contrats"),
}


# --- who ---------------------------------------------------------------------------------


def who(person: User, organisation: Organisation, grantor: Mandate | None = None) -> Who:
    """Read what somebody is to an organisation today, and what they give away themselves."""
    now = timezone.now()
    held = [m for m in mandates_in_force(person) if m.covers(None)]
    ties: set[Tie] = set()
    too_new: set[Tie] = set()
    inside = [m for m in held if m.office.organisation_id == organisation.pk]
    for mandate in inside:
        (ties if mandate.is_settled(now) else too_new).update(_ties_of(mandate.office))
    leading = [m for m in held if m not in inside and _ties_of(m.office)]
    near = neighbours(organisation) if leading else set()
    for mandate in leading:
        if mandate.office.organisation_id in near:
            (ties if mandate.is_settled(now) else too_new).add(Tie.NEIGHBOUR)
    if person.acts_for_platform:
        (ties if _is_settled_platform(person, now) else too_new).add(Tie.PLATFORM)
    gives = grantor is not None and grantor.person_id == person.pk and grantor.runs_on(timezone.localdate())
    return Who(person.pk, frozenset(ties), frozenset(too_new), gives, person.is_active)


def _ties_of(office: Office) -> set[Tie]:
    found = {Tie.HEAD} if office.role == Role.HEAD else set()
    return found | ({Tie.ADMINISTRATOR} if office.administers else set())


def _is_settled_platform(person: User, now: dt.datetime) -> bool:
    """Whether an administrator of the platform is no newcomer; while there is no contract, all are."""
    return person.date_joined + settings.NEW_POWER_COOLDOWN <= now or not Contract.objects.exists()


def neighbours(organisation: Organisation) -> set[int]:
    """Return the other organisations of its contracts that are not over, by primary key.

    The prefecture says nothing of who serves an independent organisation.
    """
    around = Organisation.objects.filter(participations__contract__in=contracts_of(organisation))
    if organisation.is_independent:
        around = around.exclude(kind=MIXED)
    return set(around.exclude(pk=organisation.pk).values_list("pk", flat=True))


def contracts_of(organisation: Organisation) -> QuerySet[Contract]:
    """Return the contracts that are not over in which the organisation takes part."""
    under_way = Contract.objects.exclude(status__in=(Status.OPENING, *ENDED))
    return under_way.filter(participations__organisation=organisation).order_by("pk").distinct()


def insiders(organisation: Organisation) -> list[Mandate]:
    """Return the mandates of those who head or administer the organisation today."""
    rows = Mandate.objects.in_force().filter(
        Q(office__role=Role.HEAD) | Q(office__administers=True),
        office__organisation=organisation,
        limited_type=None,
        person__is_active=True,
    )
    return list(rows.select_related("person", "office").order_by("person__last_name", "pk"))


def asked(grant: Grant) -> Asked:
    """Read what counts of a grant for who may confirm it."""
    now, beneficiaries = timezone.now(), frozenset(grant.beneficiaries())
    grantor = grant.grantor if must_be_confirmed_by_grantor(grant.kind, grant.facts) else None
    seconds = {m.person_id for m in insiders(grant.organisation) if m.is_settled(now)}
    return Asked(
        asker=grant.asked_by_id,
        beneficiaries=beneficiaries,
        state=grant.state,
        expires_at=grant.expires_at,
        grantor=grantor.person_id if grantor else None,
        grantor_may=grant.grantor.is_settled(now) if grant.grantor else True,
        has_second=bool(seconds - beneficiaries - {grant.asked_by_id}),
    )


def obstacle(person: User, grant: Grant) -> str:
    """Return why this person may not confirm it now, or nothing."""
    return why_not_confirm(who(person, grant.organisation, grant.grantor), asked(grant), timezone.now())


def obstacle_to_ask(person: User, grant: Grant) -> str:
    """Return why this person may not ask for it, or nothing."""
    return why_not_ask(who(person, grant.organisation), frozenset(grant.beneficiaries()))


def closed(grant: Grant) -> str:
    """Return why nobody can confirm it any more, or nothing."""
    return why_closed(asked(grant), timezone.now())


def confirmers(grant: Grant) -> list[User]:
    """Return who may confirm it today, those of the organisation first."""
    facts = asked(grant)
    if facts.grantor is not None and facts.grantor != facts.asker:
        people = [grant.grantor.person] if grant.grantor else []
    elif facts.has_second:
        people = [m.person for m in insiders(grant.organisation)]
        people += [grant.grantor.person] if grant.grantor else []
    else:
        around = Organisation.objects.filter(pk__in=neighbours(grant.organisation))
        people = [m.person for organisation in around for m in insiders(organisation)]
        people += User.objects.filter(is_superuser=True, is_active=True)
    return [person for person in dict.fromkeys(people) if not _in_the_way(person, grant, facts)]


def _in_the_way(person: User, grant: Grant, facts: Asked) -> str:
    return why_not_confirm(who(person, grant.organisation, grant.grantor), facts, timezone.now())


# --- where -------------------------------------------------------------------------------


def to_confirm(person: User, held: Iterable[Mandate]) -> list[Grant]:
    """Return what waits for this person's confirmation."""
    rows = _AWAITING.rows(person.pk, timezone.now())
    if not rows:
        return []
    organisations = {m.office.organisation_id for m in held if m.covers(None) and _ties_of(m.office)}
    near = {pk for body in Organisation.objects.filter(pk__in=organisations) for pk in neighbours(body)}
    return [
        grant
        for grant in rows
        if (
            person.acts_for_platform
            or grant.organisation_id in organisations | near
            or (grant.grantor is not None and grant.grantor.person_id == person.pk)
        )
        and not obstacle(person, grant)
    ]


_AWAITING: Prepared[Grant] = Prepared(
    lambda person, now: _rows().awaiting(now).exclude(asked_by=person),
    *(MARKER, dt.datetime(1814, 6, 4, tzinfo=dt.UTC)),
)


def asked_by(person: User) -> list[Grant]:
    """Return what this person asked for, or is about to, and nobody has settled yet."""
    return list(_rows().pending().filter(asked_by=person))


def pending_in(organisation: Organisation) -> list[Grant]:
    """Return what is asked in an organisation and waits for its confirmation."""
    return list(_rows().awaiting().filter(organisation=organisation))


def grant_for(person: User, pk: int) -> Grant:
    """Return a grant to those it concerns (Http404 for anybody else).

    They are its author, its beneficiary, whoever gives it away or may confirm it, those who head or
    administer the organisation, and the pilots of its contracts.
    """
    grant = _rows().filter(pk=pk).first()
    if grant is None or not (person.acts_for_platform or mandates_in_force(person)):
        raise Http404
    grantor = grant.grantor.person_id if grant.grantor else None
    if person.pk == grant.asked_by_id:
        return grant
    if grant.requested_at is None:
        raise Http404
    known = who(person, grant.organisation, grant.grantor)
    named = person.pk in {grant.person_id, grantor, grant.settled_by_id} and person.is_active
    inside = (known.ties | known.too_new) & INSIDE
    if (
        named
        or inside
        or not obstacle(person, grant)
        or person in pilots_of(contracts_of(grant.organisation))
    ):
        return grant
    raise Http404


def _rows() -> GrantQuerySet:
    rows: GrantQuerySet = Grant.objects.select_related(
        "organisation", "office__organisation", "person", "grantor__person", "asked_by", "settled_by"
    )
    return rows


# --- what --------------------------------------------------------------------------------


def described(grant: Grant) -> str:
    """Say in French what is asked, as a title: « Fonction de maire, pour M. Delestrange »."""
    facts, office = grant.facts, grant.office.title if grant.office else ""
    words = {"office": office, "person": grant.beneficiary, "act": facts.get("act", "")}
    if grant.kind == GrantKind.AUTHORITY:
        kind = AuthorityKind(facts["kind"]).label
        giver = grant.grantor.person if grant.grantor else ""
        if grant.grantor:
            return _("%(kind)s de %(giver)s (« %(office)s »), pour %(person)s : %(act)s") % {
                **words,
                "kind": kind,
                "giver": giver,
            }
        return _("%(kind)s de la fonction « %(office)s », pour %(person)s : %(act)s") % {
            **words,
            "kind": kind,
        }
    if grant.kind == GrantKind.ABSENCE:
        return _("Remplacement de %(giver)s par %(person)s pendant une absence") % {
            **words,
            "giver": grant.grantor.person if grant.grantor else "",
        }
    if grant.kind == GrantKind.OFFICE:
        return _("Pouvoirs étendus de la fonction « %(office)s »") % words
    if grant.kind == GrantKind.PROOF:
        return _("Preuve moins forte pour signer : %(proof)s") % {
            "proof": str(Proof(facts["proof"]).label).lower()
        }
    return _("Fonction « %(office)s », pour %(person)s") % words


def allowed(grant: Grant) -> list[str]:
    """Say what it would let its beneficiary do."""
    facts = grant.facts
    if grant.kind == GrantKind.AUTHORITY:
        covers = facts["covers_contract_signature"]
        return [
            _("signer les contrats pour « %(office)s »") % {"office": grant.office.title}
            if covers and grant.office
            else _("agir dans les limites de l’acte, signature des contrats exclue")
        ]
    if grant.kind == GrantKind.ABSENCE:
        return [str(ALLOWS[Power(power)]) for power in facts["powers"]]
    if grant.kind == GrantKind.PROOF or grant.office is None:
        return [_("signer sans la preuve demandée jusqu’ici")]
    office = Office(
        organisation=grant.organisation,
        role=facts.get("to_role", grant.office.role),
        administers=facts.get("to_administers", grant.office.administers),
    )
    found = [str(label) for power, label in ALLOWS.items() if power in office.powers]
    return [*found, _("administrer l’organisation")] if office.administers else found


def basis(grant: Grant) -> str:
    """Return the article on which it rests, or nothing."""
    if grant.kind != GrantKind.AUTHORITY or grant.office is None:
        return ""
    return source_of(grant.facts["kind"], grant.office)


def first_and_last_day(grant: Grant) -> tuple[dt.date | None, dt.date | None]:
    """Return the days from which and until which it would run, where it has them."""
    start, end = (parse_date(grant.facts.get(name) or "") for name in ("starts_on", "ends_on"))
    return start, end


def days(grant: Grant) -> str:
    """Say from when to when it would run; nothing where it has no days."""
    start, end = first_and_last_day(grant)
    if start is None:
        return ""
    if end is None:
        return _("à compter du %(start)s") % {"start": day(start)}
    return _("du %(start)s au %(end)s") % {"start": day(start), "end": day(end)}


def holders(grant: Grant) -> list[User]:
    """Return who holds the office that is asked today, or will: those whom it concerns first."""
    if grant.office_id is None:
        return []
    held = Mandate.objects.filter(office=grant.office_id, withdrawn_at=None, limited_type=None)
    held = held.exclude(ends_on__lt=timezone.localdate()).select_related("person")
    return [mandate.person for mandate in held if mandate.person.is_active]


def pilots_of(contracts: Iterable[Contract]) -> list[User]:
    """Return the people who pilot these contracts, on both sides."""
    sides = Organisation.objects.filter(
        participations__contract__in=contracts, participations__part__in=PILOTING
    )
    held = Mandate.objects.in_force().filter(
        office__organisation__in=sides,
        office__role=Role.PILOT,
        limited_type=None,
        person__is_active=True,
    )
    return list(dict.fromkeys(m.person for m in held.select_related("person").order_by("pk")))
