"""The addresses of the platform's administrator, beside those of everybody (addresses.py)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from contracts.models import Contract
from signatures.models import ProofMeans
from stakeholders.models import Mandate
from tests.workflow import addresses
from tests.workflow.address_arguments import mandate, none, organisation, preparation
from tests.workflow.addresses import EVERYBODY, Rule
from tests.workflow.scenes import Scenes
from workflow.opening.models import Opening, OrganisationRequest

PLATFORM = frozenset({"admin"})


def office(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """An office of the city that nobody holds."""
    there = organisation(scenes, contract)
    found = scenes.authority.office
    made = type(found).objects.get_or_create(
        organisation_id=there["organisation"], title="À corriger", defaults={"role": "contributor"}
    )[0]
    return {**there, "office": made.pk}


def missing(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """An organisation that the city's pilot asks for while preparing a contract."""
    prepared = Opening.objects.get(contract=preparation(scenes, contract)["contract"])
    asked = OrganisationRequest.objects.get_or_create(
        contract=prepared.contract,
        name="Orne-Habitat",
        kind="social_landlord",
        defaults={"asked_by": prepared.author},
    )[0]
    return {"asked": asked.pk}


def administrators_means(_scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    """A password that who administers an organisation chose by mail."""
    person = Mandate.objects.in_force().filter(office__administers=True).order_by("pk")[0].person
    known = {"user": person, "authenticator": None}
    return {"means_id": ProofMeans.objects.get_or_create(**known, defaults={"since": timezone.now()})[0].pk}


RULES: dict[str, Rule] = addresses.RULES | {
    **dict.fromkeys(("platform", "public_pages"), Rule(PLATFORM, arguments=none)),
    "public_page_edit": Rule(PLATFORM, PLATFORM, arguments=lambda _s, _c: {"page": "contact"}),
    "platform_organisation_add": Rule(PLATFORM, PLATFORM, arguments=none),
    "platform_organisation": Rule(PLATFORM, arguments=organisation),
    "platform_organisation_edit": Rule(PLATFORM, PLATFORM, arguments=organisation),
    "platform_office_add": Rule(PLATFORM, PLATFORM, arguments=organisation),
    "platform_import": Rule(PLATFORM, PLATFORM, arguments=none),
    "platform_import_template": Rule(PLATFORM, arguments=none),
    "platform_import_confirm": Rule(None, PLATFORM, arguments=none),
    "platform_administrators": Rule(PLATFORM, PLATFORM, arguments=none),
    "platform_keys": Rule(PLATFORM, PLATFORM, arguments=none),
    "trusted_lists": Rule(PLATFORM, arguments=none),
    "platform_proof_code": Rule(None, PLATFORM, arguments=administrators_means),
    "failed_jobs": Rule(PLATFORM, arguments=none),
    "failed_job_retry": Rule(None, PLATFORM, arguments=lambda _s, _c: {"job": 1}),
    "platform_organisation_attach": Rule(PLATFORM, PLATFORM, arguments=organisation),
    "platform_organisation_kind": Rule(PLATFORM, PLATFORM, arguments=organisation),
    "platform_office_edit": Rule(PLATFORM, PLATFORM, arguments=office),
    "platform_mandate_end": Rule(PLATFORM, PLATFORM, arguments=mandate),
    "organisation_requests": Rule(PLATFORM, arguments=none),
    "organisation_request": Rule(PLATFORM, PLATFORM, arguments=missing),
    "organisation_request_create": Rule(PLATFORM, PLATFORM, arguments=missing),
    "organisation_request_refuse": Rule(None, PLATFORM, arguments=missing),
    # what is shown and done is each reader's own: tests/workflow/powers/test_together.py
    "grants_together": Rule(EVERYBODY, EVERYBODY, arguments=none),
    "grants_together_challenge": Rule(None, EVERYBODY, arguments=none),
    "grants_together_do": Rule(None, EVERYBODY, arguments=none),
}
