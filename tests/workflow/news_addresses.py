"""The addresses of news and of steering, for the access matrix: each reads their own, and nobody else's."""

from __future__ import annotations

from typing import Any

from contracts.models import Contract, Part
from stakeholders.models import Mandate, Role, User
from tests.workflow.address_arguments import none, review
from tests.workflow.addresses import CITY, CSV, EVERYBODY, PILOTS, Rule
from tests.workflow.scenes import Scenes
from workflow.news.push_models import PushDevice
from workflow.notices.models import CalendarFeed, Notice
from workflow.standing.parties import pilot
from workflow.steering.models import SavedFilter


def notice(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """What the city's pilot was told."""
    held = {"mandates__office__organisation": pilot(contract, Part.CITY_PILOT)}
    pilots = {f"person__{name}": value for name, value in held.items()}
    found = Notice.objects.filter(contract=contract, person__mandates__office__role=Role.PILOT, **pilots)
    return {"notice": found.order_by("pk")[0].pk}


def feed(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A private calendar of the city's pilot."""
    held = {"mandates__office__organisation": pilot(contract, Part.CITY_PILOT)}
    person = User.objects.filter(mandates__office__role=Role.PILOT, **held).order_by("pk")[0]
    return {"feed": CalendarFeed.objects.get_or_create(person=person, contract=None)[0].pk}


def saved_filter(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A way of looking that the city's pilot keeps."""
    held = Mandate.objects.in_force().filter(office__organisation=pilot(contract, Part.CITY_PILOT))
    person = held.filter(office__role=Role.PILOT)[0].person
    return {"saved_filter": SavedFilter.objects.get_or_create(person=person, name="Tout")[0].pk}


# whoever drafts, signs or administers for a prefecture or a commune, of these contracts or of others
STEERING = PILOTS | {"prefete", "dircab", "maire", "dgs", "outsider"}


def device(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A browser of the city's pilot."""
    held = Mandate.objects.in_force().filter(office__organisation=pilot(contract, Part.CITY_PILOT))
    person = held.filter(office__role=Role.PILOT)[0].person
    return {"device": PushDevice.objects.get_or_create(person=person, digest="0" * 64)[0].pk}


NEWS = {
    **dict.fromkeys(("news", "news_list"), Rule(EVERYBODY, arguments=none)),
    "news_open": Rule(CITY, arguments=notice),
    **dict.fromkeys(("contract_told", "contract_told_table"), Rule(PILOTS)),
    "contract_terms": Rule(PILOTS, PILOTS, scene="review"),
    "term_extend": Rule(PILOTS, PILOTS, scene="review", arguments=review),
    "news_read": Rule(None, EVERYBODY, arguments=none),
    "calendars": Rule(EVERYBODY, EVERYBODY, arguments=none),
    "calendar_withdraw": Rule(None, EVERYBODY, arguments=feed),
    "contracts_steered": Rule(STEERING, arguments=none),
    "contracts_steered_table": Rule(STEERING, arguments=lambda _s, _c: CSV),
    "saved_filter_add": Rule(None, STEERING, arguments=none),
    "saved_filter_change": Rule(None, CITY, arguments=saved_filter),
    "push_device_add": Rule(None, EVERYBODY, arguments=none),
    "push_device_remove": Rule(None, EVERYBODY, arguments=device),
    "mail_choice": Rule(EVERYBODY, EVERYBODY, arguments=none),
}
