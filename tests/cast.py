"""The cast of the tests: the people of the demonstration, by their part in the play.

Everybody comes from the same loader as the demonstration; their password is PASSWORD.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from contracts.demo import load, read
from contracts.models import (
    Commitment,
    Contract,
    Direction,
    Part,
    Participation,
    Party,
    Periodicity,
    Signatory,
    Volet,
)
from contracts.volets import VoletTemplate
from stakeholders.kinds import Power
from stakeholders.models import Organisation, User
from stakeholders.permissions import grant

PASSWORD = "un mot de passe de test"
CLAIRVAL = "csi-clairval-2026"
ARLES = "csi-arles-2021"
PLAYERS = {
    "prefete": "p01",
    "maire": "p15",
    "procureure": "p09",
    "dasen": "p13",
    "ddpn": "p06",
    "ggd": "p08",
    "pjj": "p11",
    "spip": "p12",
    "bailleur_oh": "p21",
    "bailleur_cl": "p22",
    "bailleur_fv": "p23",
    "rtac": "p24",
    "rail": "p25",
    "pilote_ville": "p18",
    "pilote_prefecture": "p04",
    "greffe": "p20",
    "dgs": "p17",
    "outsider": "p27",
    "dircab": "p02",
    "secretaire_generale": "p03",
    "legalite": "p05",
    "commissaire": "p07",
    "vice_procureur": "p10",
    "adjointe": "p16",
}


@dataclass(frozen=True)
class Cast:
    """Who plays; ``outsider`` is the mayor of another commune, who must see nothing."""

    prefete: User
    maire: User
    procureure: User
    dasen: User
    ddpn: User
    ggd: User
    pjj: User
    spip: User
    bailleur_oh: User
    bailleur_cl: User
    bailleur_fv: User
    rtac: User
    rail: User
    pilote_ville: User
    pilote_prefecture: User
    greffe: User
    dgs: User
    outsider: User
    dircab: User
    secretaire_generale: User
    legalite: User
    commissaire: User
    vice_procureur: User
    adjointe: User
    admin: User
    contract: Contract
    arles: Contract
    people: dict[str, User]
    organisations: dict[str, Organisation]

    def organisation(self, code: str) -> Organisation:
        """Return an organisation by its identifier in the data, such as « org-oh »."""
        return self.organisations[code]


def assemble_cast() -> Cast:
    """Load the demonstration's data and give everybody the test password."""
    loaded = load(read())
    admin = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "admin@contreseing.example", first_name="Ada", last_name="Ministre"
    )
    # One hash for all: the tests are not about how long a password takes to hash.
    User.objects.update(password=make_password(PASSWORD))
    everybody = User.objects.in_bulk()
    people = {code: everybody[person.pk] for code, person in loaded.people.items()}
    return Cast(
        **{part: people[code] for part, code in PLAYERS.items()},
        admin=everybody[admin.pk],
        contract=loaded.contracts[CLAIRVAL],
        arles=loaded.contracts[ARLES],
        people=people,
        organisations=loaded.organisations,
    )


def small_contract(cast: Cast, reference: str = "CSI-00-2026-900") -> Contract:
    """Draft a contract of two reviewers (a landlord, an operator), two volets, three commitments."""
    contract = Contract.objects.create(
        reference=reference,
        title="Contrat d’essai entre l’État et la Ville de Clairval-sur-Orme",
        territory="Clairval-sur-Orme",
        communes=["Clairval-sur-Orme"],
        preamble="Un contrat court, pour les essais.",
        period_start=dt.date(2027, 2, 15),
        period_end=dt.date(2032, 3, 31),
        document_date=dt.date(2027, 1, 8),
    )
    for code, part in (
        ("org-pref", Part.STATE_PILOT),
        ("org-ville", Part.CITY_PILOT),
        ("org-oh", Part.REVIEWER),
        ("org-rtac", Part.REVIEWER),
    ):
        Participation.objects.create(contract=contract, organisation=cast.organisation(code), part=part)
        grant(Power.VIEW, cast.organisation(code), contract)
    security = Volet.objects.create(
        contract=contract, template=VoletTemplate.INTERNAL_SECURITY, title="Sécurité intérieure", order=1
    )
    transport = Volet.objects.create(
        contract=contract, template=VoletTemplate.TRANSPORT, title="Transports", order=2
    )
    _commitment(security, 1, "Porter la police municipale à 34 agents", Party.CITY, cast, "org-ville")
    _commitment(security, 2, "Sécuriser 38 halls", Party.PARTNER, cast, "org-oh")
    _commitment(transport, 1, "Renforcer la présence en soirée", Party.PARTNER, cast, "org-rtac")
    for order, player in enumerate((cast.prefete, cast.maire), start=1):
        office = player.mandates.get().office
        Signatory.objects.create(
            contract=contract,
            order=order,
            office=office,
            capacity=office.title,
            needs_council_resolution=player == cast.maire,
        )
    return contract


def _commitment(volet: Volet, order: int, title: str, party: Party, cast: Cast, lead: str) -> Commitment:
    return Commitment.objects.create(
        volet=volet,
        order=order,
        title=title,
        party=party,
        lead=cast.organisation(lead),
        indicator="Avancement",
        unit="%",
        baseline=Decimal(0),
        target=Decimal(100),
        direction=Direction.INCREASE,
        periodicity=Periodicity.YEARLY,
        due_date=dt.date(2028, 12, 31),
    )
