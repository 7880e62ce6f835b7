"""The five pages of an opening, sent as a browser sends them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Commitment, Contract, Party
from stakeholders.models import Organisation, User
from tests.cast import Cast
from tests.signatures import documents

PDF = documents.build()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(contract: Contract, slug: str = "") -> str:
    """Return the address of a page; that of the last look without a slug."""
    if not slug:
        return reverse("opening_review", args=[contract.pk])
    return reverse("opening_page", args=[contract.pk, slug])


def initiative(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "csi",
        "initiative": "local",
        "title": "Contrat d’essai",
        "reference": "CSI-00-2027-001",
        "letter_on": "2026-11-02",
        "letter_text": "Monsieur le préfet, …",
        **changes,
    }


def begun(client: Client, **changes: Any) -> Contract:
    answer = client.post(reverse("opening_new"), initiative(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return Contract.objects.order_by("-pk")[0]


def perimeter(*communes: Organisation, **changes: Any) -> dict[str, Any]:
    return {
        "communes": [commune.pk for commune in communes],
        "territory": "Clairval-sur-Orme",
        "period_start": "2027-02-15",
        "period_end": "2032-03-31",
        "period_rule": "Durée du mandat municipal restant à courir",
        "frameworks": "Contrat de ville\nConvention de coordination",
        "do": "next",
        **changes,
    }


def parts(cast: Cast, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the third page's fields: the parts of organisations by their identifiers in the data."""
    return {f"part-{cast.organisation(code).pk}": part for code, part in chosen.items()} | {"do": "next"}


SMALL = {"org-pref": "state_pilot", "org-ville": "city_pilot", "org-oh": "reviewer", "org-rtac": "reviewer"}


def places(contract: Contract, **changes: Any) -> dict[str, Any]:
    """Return the fourth page's fields, as they are shown."""
    found: dict[str, Any] = {"do": "next"}
    for place in contract.signatories.select_related("office"):
        start = f"place-{place.pk}"
        found[f"{start}-capacity"] = place.capacity
        found[f"{start}-kind"] = place.kind
        found[f"{start}-council"] = str(place.awaited_council or "")
        if place.required:
            found[f"{start}-required"] = "on"
    return {**found, **changes}


def calendar(**changes: Any) -> dict[str, Any]:
    target = timezone.localdate() + dt.timedelta(days=400)
    days = {"draft": 20, "freeze": 5, "review": 15, "approve": 7, "council_resolution": 40, "sign": 10}
    return {
        "target_date": target.isoformat(),
        "zone": "",
        "do": "next",
        **{f"days-{step}": n for step, n in days.items()},
        **changes,
    }


def sent(client: Client, contract: Contract, slug: str, facts: Mapping[str, Any]) -> str:
    """Send a page, and return where it leads."""
    answer = client.post(address(contract, slug), facts)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def committed(contract: Contract, lead: Organisation) -> None:
    """Write one commitment in the contract's first volet, without which nothing is frozen."""
    Commitment.objects.create(
        volet=contract.volets.order_by("order")[0],
        order=1,
        title="Mettre deux agents en commun",
        party=Party.CITY,
        lead=lead,
        indicator="Agents",
        unit="agents",
        baseline=0,
        target=2,
        direction="increase",
        periodicity="yearly",
        due_date=dt.date(2028, 12, 31),
    )


def prepared(cast: Cast, client: Client, chosen: Mapping[str, str] = SMALL, **first: Any) -> Contract:
    """Go through the five pages, up to the last look."""
    contract = begun(client, **first)
    cities = [cast.organisation(code) for code, part in chosen.items() if part == "city_pilot"]
    sent(client, contract, "perimetre", perimeter(*cities))
    everybody = dict.fromkeys(cast.organisations, "")
    sent(client, contract, "participants", parts(cast, {**everybody, **chosen}))
    sent(client, contract, "signataires", places(contract))
    sent(client, contract, "calendrier", calendar())
    contract.refresh_from_db()
    return contract
