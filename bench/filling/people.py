"""The invented bodies and people: one national body, then departments of fifteen bodies each."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from stakeholders.models import Mandate, Office, Organisation, Role, User
from stakeholders.permissions import establish_organisation

PREFIX = "invente-"  # of the codes of invented organisations
DOMAIN = "invente.example"
# The bodies of a department, those that every contract needs first: kind, name, short name.
DEPARTMENT = (
    ("prefecture", "Préfecture de {department}", "Préfecture {number:02d}"),
    ("municipality", "Ville de {place}", "Ville de {place}"),
    ("national_police", "Direction de la police nationale de {department}", "DDPN {number:02d}"),
    ("gendarmerie", "Groupement de gendarmerie de {department}", "GGD {number:02d}"),
    ("prosecution", "Parquet de {place}", "Parquet {number:02d}"),
    ("education", "Services de l’éducation nationale de {department}", "DSDEN {number:02d}"),
    ("social_landlord", "Office de l’habitat de {place}", "Habitat {place}"),
    ("municipality", "Ville de {place}", "Ville de {place}"),
    ("youth_justice", "Protection judiciaire de la jeunesse de {department}", "PJJ {number:02d}"),
    ("probation", "Service d’insertion et de probation de {department}", "SPIP {number:02d}"),
    ("municipality", "Ville de {place}", "Ville de {place}"),
    ("transport_operator", "Transports de l’agglomération de {place}", "Transports {place}"),
    ("municipality", "Ville de {place}", "Ville de {place}"),
    ("social_landlord", "Société de logement de {place}", "Logement {place}"),
    ("association", "Médiation et prévention de {place}", "Médiation {place}"),
)


def _names(text: str) -> list[str]:
    return text.split(",")


RIVERS = _names("l’Orme,la Vernée,l’Aubrette,la Sorne,le Clain-Vieux,la Maize,l’Escaude,le Tarvon")
HEADS = _names("Clair,Mont,Beau,Roche,Haute,Vieux,Grand,Font,Bois,Champ,Pierre,Belle")
TAILS = _names("val,mont,fort,ville,rive,bourg,lieu,court,pré,font,manoir,église")
FIRST_NAMES = _names(
    "Agnès,Aïcha,Alain,Anaïs,Benoît,Camille,Cédric,Chloé,Denis,Élise,Émile,Fatou,Françoise,Gaël,Hélène,"
    "Inès,Jérôme,Joël,Karim,Léa,Loïc,Maëlle,Michèle,Naïma,Noémie,Océane,Pascal,Rémi,Sélim,Thérèse,Zoé"
)
LAST_NAMES = _names(
    "Aubertin,Barrière,Bellec,Carpentier,Castéra,Delorme,Deschênes,Evrard,Fabre,Fontaine,Garnier,Guérin,"
    "Hamel,Imbert,Jacquet,Kerjean,Lacombe,Lefèvre,Maillard,Mercœur,Nguyen,Ollivier,Pélissier,Quéré,"
    "Renaud,Saïd,Tessier,Urbain,Vasseur,Weiss,Yvon,Zimmer"
)
# The offices of a body, in the order in which people come: title and role.
OFFICES = {
    "prefecture": (
        ("Préfet", Role.HEAD),
        ("Chef de bureau", Role.PILOT),
        ("Directeur de cabinet", Role.DELEGATE),
    ),
    "municipality": (
        ("Maire", Role.HEAD),
        ("Coordonnateur", Role.PILOT),
        ("Secrétaire des assemblées", Role.CLERK),
        ("Directeur général des services", Role.VALIDATOR),
    ),
}
OTHER_OFFICES = (("Directeur", Role.HEAD), ("Référent", Role.REVIEWER))
BEGINNING = dt.date(2024, 1, 1)


@dataclass
class Department:
    """The bodies of one department."""

    number: int
    prefecture: Organisation
    municipalities: list[Organisation] = field(default_factory=list)
    others: list[Organisation] = field(default_factory=list)


@dataclass
class Bodies:
    """Everybody: the national body, the departments that have a municipality, the heads' offices."""

    national: Organisation
    departments: list[Department]
    heads: dict[int, Office]


def add_people(organisations: int, users: int, draw: random.Random) -> Bodies:
    """Make the bodies and people, or find those of an earlier filling.

    At least three organisations: the national body, a prefecture and a municipality.
    """
    bodies = list(Organisation.objects.filter(code__startswith=PREFIX).select_related("group").order_by("pk"))
    if not bodies:
        bodies = [_body(number, draw) for number in range(max(organisations, 3))]
        _staff(bodies, users, draw)
    heads = Office.objects.filter(organisation__in=bodies, role=Role.HEAD)
    return Bodies(bodies[0], _departments(bodies[1:]), {office.organisation_id: office for office in heads})


def place(draw: random.Random) -> str:
    """Invent the name of a commune."""
    name = draw.choice(HEADS) + draw.choice(TAILS)
    return (
        f"{name}-sur-{draw.choice(RIVERS)}" if draw.random() < 0.5 else f"Saint-{draw.choice(HEADS)}-{name}"
    )


def _body(number: int, draw: random.Random) -> Organisation:
    if number == 0:
        return establish_organisation(
            code=f"{PREFIX}national",
            name="Observatoire national des contrats de sécurité (inventé)",
            short_name="Observatoire national",
            kind="association",
            territory="France",
        )
    department, index = divmod(number - 1, len(DEPARTMENT))
    kind, name, short = DEPARTMENT[index]
    words = {
        "department": f"{RIVERS[department % len(RIVERS)]} ({department + 1:02d})",
        "number": department + 1,
        "place": place(draw),
    }
    return establish_organisation(
        code=f"{PREFIX}{number:04d}-{slugify(short.format(**words))}"[:60],
        name=name.format(**words),
        short_name=short.format(**words)[:80],
        kind=kind,
        territory=words["place"],
        email_domain=DOMAIN,
    )


def _departments(bodies: list[Organisation]) -> list[Department]:
    found: list[Department] = []
    for body in bodies:
        if body.kind == "prefecture":
            found.append(Department(len(found) + 1, body))
        elif body.kind == "municipality":
            found[-1].municipalities.append(body)
        else:
            found[-1].others.append(body)
    return [department for department in found if department.municipalities]


def _staff(bodies: list[Organisation], users: int, draw: random.Random) -> None:
    """Give each body its offices, then each of the people an office, and some a second one."""
    offices = [
        Office(organisation=body, title=title, role=role, administers=role == Role.PILOT)
        for body in bodies
        for title, role in OFFICES.get(body.kind, OTHER_OFFICES)
    ]
    extra = max(0, users - len(offices))
    offices += [
        Office(organisation=bodies[n % len(bodies)], title=f"Chargé de mission {n}", role=Role.CONTRIBUTOR)
        for n in range(extra)
    ]
    offices = Office.objects.bulk_create(offices, batch_size=1000)
    people = User.objects.bulk_create([_person(n, draw) for n in range(users)], batch_size=1000)
    mandates = [
        Mandate(person=p, office=o, starts_on=BEGINNING) for p, o in zip(people, offices, strict=False)
    ]
    # one in twenty also works for another body
    shared = [(people[n], draw.choice(bodies), n) for n in range(19, users, 20)]
    second = Office.objects.bulk_create(
        Office(organisation=body, title=f"Mise à disposition {n}", role=Role.REVIEWER)
        for _p, body, n in shared
    )
    mandates += [
        Mandate(person=person, office=office, starts_on=BEGINNING)
        for (person, _body, _n), office in zip(shared, second, strict=True)
    ]
    Mandate.objects.bulk_create(mandates, batch_size=1000)


def _person(number: int, draw: random.Random) -> User:
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    return User(
        email=f"{slugify(first)}.{slugify(last)}.{number:05d}@{DOMAIN}",
        first_name=first,
        last_name=last,
        password=make_password(None),
    )
