"""What the addresses of the access matrix are tried with: rows of each scene."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from contracts.models import Contract, Part, Status
from signatures import blobs
from signatures.models import ProofMeans
from stakeholders.models import Mandate, Role, User
from tests.workflow.scenes import Scenes
from workflow.diagnostic.models import DiagnosticFile
from workflow.drafting.models import DraftPrint, Suggestion
from workflow.opening import beginning
from workflow.opinions.models import Opinion
from workflow.signing.models import SigningAct
from workflow.standing.parties import pilot


def none(_scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    return {}


def version(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "number": 1}


def opinion(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "opinion": Opinion.objects.filter(version__contract=contract)[0].pk}


def preparation(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A contract that the city's pilot prepares, with its letter; a POST of nothing does not open it."""
    found = Contract.objects.filter(status=Status.OPENING).first()
    if found is None:
        city = pilot(contract, Part.CITY_PILOT)
        held = Mandate.objects.in_force().filter(office__organisation=city, office__role=Role.PILOT)[0]
        facts: dict[str, Any] = {
            "kind": "csi",
            "initiative": "local",
            "title": "",
            "reference": "",
            "letter_on": None,
            "letter_text": "",
            "letter_sha256": blobs.put(b"%PDF-1.7 a letter"),
        }
        found = beginning.begin(held.person, city.pk, facts)
    return {"contract": found.pk}


def preparation_page(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {**preparation(scenes, contract), "page": "perimetre"}


def diagnostic_file(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "file": DiagnosticFile.objects.get(contribution__contract=contract).pk}


def contribution(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": scenes.task(contract, "contribute", "org-rtac")}


def clause(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "key": "object"}


def draft_in_print(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A draft of which some PDF was asked for."""
    DraftPrint.objects.get_or_create(contract=contract, defaults={"asked_at": timezone.now()})
    return {"contract": contract.pk}


def annex(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "annex": contract.annexes.order_by("order")[0].pk}


def frozen_annex(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A restricted annex of the version that is read."""
    return {"contract": contract.pk, "number": 1, "annex": 1}


def volet(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "volet": contract.volets.order_by("order")[0].pk}


def commitment(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    row = contract.volets.order_by("order")[0].commitments.order_by("order")[0]
    return {"contract": contract.pk, "commitment": row.pk}


def review(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": scenes.task(contract, "review", "org-oh")}


def signature(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": scenes.task(contract, "sign")}


def signatory(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "signatory": contract.signatories.order_by("order")[0].pk}


def signed(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """The task by which the prefect signed."""
    act = SigningAct.objects.get(version__contract=contract, signatory__order=1)
    return {"contract": contract.pk, "task": act.task_id}


def job(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": contract.circuit.process.task_set.order_by("pk")[0].pk}


def organisation(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """The city of the contract, which its director general administers."""
    return {"organisation": pilot(contract, Part.CITY_PILOT).pk}


def invited(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    city = pilot(contract, Part.CITY_PILOT)
    office = city.offices.get_or_create(title="À pourvoir", role="contributor")[0]
    offered = office.invitations.get_or_create(
        email="invitee@ville.example",
        defaults={
            "first_name": "I",
            "last_name": "N",
            "starts_on": timezone.localdate(),
            "invited_by": User.objects.order_by("pk")[0],
            "token_hash": "0" * 64,
            "expires_at": timezone.now() + dt.timedelta(days=1),
        },
    )[0]
    return {**organisation(scenes, contract), "invitation": offered.pk}


def mandate(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """The mandate of the person who administers: the last one, which a POST does not withdraw."""
    city = pilot(contract, Part.CITY_PILOT)
    held = Mandate.objects.in_force().get(office__organisation=city, office__administers=True)
    return {**organisation(scenes, contract), "mandate": held.pk}


def unproved(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A passkey that the mayor added, which no second person confirmed."""
    city = pilot(contract, Part.CITY_PILOT)
    mayor = Mandate.objects.in_force().filter(office__organisation=city, office__role=Role.HEAD)[0].person
    key = Authenticator.objects.get_or_create(user=mayor, type="totp", defaults={"data": {}})[0]
    waiting = ProofMeans.objects.get_or_create(user=mayor, authenticator=key, since=key.created_at)[0]
    return {**organisation(scenes, contract), "means_id": waiting.pk}


def prefecture(scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    return {"organisation": scenes.authority.office.organisation_id}


def authority(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {**prefecture(scenes, contract), "authority": scenes.authority.pk}


def absence(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {**prefecture(scenes, contract), "absence": scenes.absence.pk}


def absentee(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {**prefecture(scenes, contract), "mandate": scenes.absence.mandate_id}


def grant(scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    return {"grant": scenes.grant.pk}


def proposed(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    row = Suggestion.objects.filter(contract=contract).first()
    if row is None:
        reviewer = contract.participations.filter(part=Part.REVIEWER)[0].organisation
        mandate = Mandate.objects.in_force().filter(office__organisation=reviewer)[0]
        row = Suggestion.objects.create(
            contract=contract,
            volet=contract.volets.order_by("order")[0],
            part="1. Sécurité intérieure",
            texts={"text": ["", "Un texte."]},
            why="Il en manque.",
            author=mandate.person,
            mandate=mandate,
            organisation=reviewer,
        )
    return {"contract": contract.pk, "suggestion": row.pk}


def contact(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "contact": scenes.link.contact_id}
