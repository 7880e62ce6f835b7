"""Who could sign in a place today and who could not, as the register says at once, with why."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Signatory
from stakeholders.authority import Basis, NoBasis, Rule
from stakeholders.models import AuthorityKind, Mandate, User
from stakeholders.reading import asked_for_each
from stakeholders.wording import day, moment
from workflow.standing.register import Register, acts_around, holding
from workflow.standing.standings import Standings, standings_of_many


@dataclass(frozen=True)
class Candidate:
    """Somebody whom an office or an act names for a place: whether they could sign today, and why (not)."""

    person: User
    could: bool
    why: str


@asked_for_each
def candidates(places: list[Signatory]) -> dict[Signatory, list[Candidate]]:
    """Return the holder of each place's office, then those whom the register names for it.

    For many places, what their people hold is read at once, and what names them with what names the others.
    """
    offices, today = {place.office_id for place in places}, timezone.localdate()
    people: dict[int, list[User]] = {office: [] for office in offices}
    held = list(holding(offices))
    for mandate in held:
        if mandate.runs_on(today):
            people[mandate.office_id].append(mandate.person)
    acts = list(acts_around(offices, [person.pk for some in people.values() for person in some]))
    for row in sorted(acts, key=lambda row: row.pk):
        if row.office_id in offices and row.withdrawn_at is None:
            people[row.office_id].append(row.delegate.person)
    everybody = dict.fromkeys(person for some in people.values() for person in some)
    standings = standings_of_many(everybody, Register(acts, held, offices))
    return {
        place: [
            _candidate(place, person, standings[person.pk])
            for person in dict.fromkeys(people[place.office_id])
        ]
        for place in places
    }


def _candidate(place: Signatory, person: User, standings: Standings) -> Candidate:
    found = standings.basis(place)
    if isinstance(found, NoBasis):
        return Candidate(person, False, _refusal(place, person, found))
    return Candidate(person, True, _basis(found))


def _basis(found: Basis) -> str:
    if found.authority is None:
        return _("titulaire de la fonction")
    kind = AuthorityKind(found.kind).label
    return _("%(kind)s, %(act)s") % {"kind": str(kind).lower(), "act": found.authority.act}


def _refusal(place: Signatory, person: User, refusal: NoBasis) -> str:
    """Say why in the third person: the rule's own sentence speaks to whoever wants to sign."""
    act = refusal.authority.act if refusal.authority else ""
    if refusal.rule == Rule.COOLING:
        mandate = Mandate.objects.in_force().filter(office=place.office_id, person=person).first()
        cooling = refusal.authority or mandate
        since = cooling.may_sign_from if cooling is not None else None
        return _("en fonction depuis peu : pourra signer à compter du %(moment)s") % {"moment": moment(since)}
    words = {
        Rule.REPRESENTATION: _("représente, sans pouvoir signer"),
        Rule.OTHER_OFFICE_ENDED: _("n’exerce plus la fonction que l’acte désigne"),
        Rule.ENDED: _("acte terminé"),
        Rule.LAPSED: _("acte caduc : le mandat de qui l’a donné a pris fin"),
        Rule.NOT_VACANT: _("la fonction a un titulaire : l’intérim a pris fin"),
        Rule.UNPUBLISHED: _("acte non publié"),
        Rule.SCOPE: _("acte qui ne couvre pas la signature des contrats"),
        Rule.CONTRACT_KIND: _("acte qui ne couvre pas cette nature de contrat"),
        Rule.TERRITORY: _("acte qui ne couvre pas tout le périmètre"),
        Rule.APART: _("tient le contrôle de légalité"),
        Rule.CLOSED_ACCOUNT: _("compte fermé"),
    }
    if refusal.rule == Rule.NOT_YET and refusal.authority:
        why = _("acte qui ne prend effet que le %(day)s") % {"day": day(refusal.authority.starts_on)}
    else:
        why = words.get(refusal.rule, _("aucun acte ne le permet"))
    return f"{why} ({act})" if act else why


def nobody(place: Signatory, found: list[Candidate]) -> str:
    """Say that nobody could sign in the place today, or nothing."""
    if any(one.could for one in found):
        return ""
    if not found:
        return _("Personne ne pourrait signer aujourd’hui : la fonction « %(office)s » est vacante.") % {
            "office": place.office.title
        }
    return _("Personne ne pourrait signer aujourd’hui pour « %(office)s ».") % {"office": place.office.title}
