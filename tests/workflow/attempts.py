"""Every address tried as somebody: their browser, and what an answer may be to them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.workflow import platform_addresses
from tests.workflow.addresses import EVERYBODY, Rule
from tests.workflow.keys_addresses import KEYS
from tests.workflow.news_addresses import NEWS
from tests.workflow.scenes import Scenes

RULES = {**NEWS, **KEYS, **platform_addresses.RULES}  # in this order: the last change the scene


def browser(person: User | None) -> Client:
    """Return the browser of a person who has logged in, or of nobody."""
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def problems(who: str, status: int, location: str, entitled: frozenset[str] | None, method: str) -> str:
    """Return what is wrong with an answer, or nothing."""
    if status >= 500:
        return f"error {status}"
    if entitled is None:
        return "" if status == 405 else f"{status}, not 405"
    if who == "anonymous":
        return "" if status == 302 and "/compte/login/" in location else f"{status} without logging in"
    if who in entitled:
        good = {200, 302} if method == "GET" else {200, 204, 302, 409, 422}
        return "" if status in good else f"{status} though entitled"
    return "" if status == 404 else f"{status}, not 404"


class Attempts:
    """Everybody's browser, and what each attempt got wrong."""

    def __init__(self, cast: Cast, scenes: Scenes) -> None:
        self.scenes, self.wrong = scenes, list[str]()
        self.people: dict[str, User | None] = {"anonymous": None}
        self.people |= {name: scenes.extras.get(name) or getattr(cast, name) for name in sorted(EVERYBODY)}
        self.browsers = {name: browser(person) for name, person in self.people.items()}
        self.browsers["admin"] = with_second_factor(cast.admin)

    def address_of(self, name: str, rule: Rule, who: str) -> str:
        """Return the address as this person has it: what follows « ? » may be theirs alone."""
        contract = getattr(self.scenes, rule.scene)
        address = reverse(name, kwargs=rule.arguments(self.scenes, contract))
        return (
            f"{address}?{urlencode(rule.query(self.scenes, contract, self.people[who]))}"
            if rule.query
            else address
        )

    def __call__(
        self, name: str, address: str, who: str, method: str, entitled: frozenset[str] | None
    ) -> None:
        answer = self.browsers[who].generic(method, address, content_type="application/x-www-form-urlencoded")
        problem = problems(who, answer.status_code, answer.headers.get("Location", ""), entitled, method)
        if problem:
            self.wrong.append(f"{method} {name} as {who}: {problem}")
