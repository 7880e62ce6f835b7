"""Every address of the application, tried as everybody, on what is theirs and what is not.

What everybody opens, and posts in vain, is in test_access_matrix_reads.py.
A new address fails the first test until it is given a rule in `addresses.py` or `platform_addresses.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from stakeholders.actions import end_authority
from stakeholders.models import User
from tests import plot
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.workflow.address_arguments import review, signature
from tests.workflow.addresses import EVERYBODY, NEVER, NOBODY, ONCE
from tests.workflow.attempts import RULES, Attempts, browser
from tests.workflow.keys_addresses import REMOTE
from tests.workflow.open_addresses import ACCOUNTS, GUEST_LINKS, OPEN_TO_ALL, OWN_SESSIONS, STAFF
from tests.workflow.scenes import Scenes, matrix
from tests.workflow.sockets import page, watching
from workflow.live.sockets import websocket_urlpatterns

pytestmark = [pytest.mark.access_matrix, pytest.mark.timeout(900)]


def names(patterns: list[Any], space: str = "") -> Iterator[str]:
    """Yield the name of every address, those of a namespace as « namespace:name »."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry.url_patterns, entry.namespace or space)
        elif isinstance(entry, URLPattern):
            yield f"{space}:{entry.name}" if space else str(entry.name)


def test_every_address_has_a_rule() -> None:
    found = set(names(get_resolver().url_patterns))
    known = set(RULES) | set(NEVER) | OPEN_TO_ALL | GUEST_LINKS | ACCOUNTS | OWN_SESSIONS | STAFF
    assert found == known, {"without a rule": found - known, "gone": known - found}
    assert [str(entry.pattern) for entry in websocket_urlpatterns] == ["ws/live/"], "see test_live.py"


@pytest.fixture
def scenes(cast: Cast, settings: Any) -> Scenes:
    """Bring four contracts to four moments; a guest comes to the second, an office is taken from somebody."""
    settings.CSC_SERVICES = [REMOTE]
    return matrix(cast)


def test_everybody_posts_what_is_theirs(cast: Cast, scenes: Scenes) -> None:
    attempt = Attempts(cast, scenes)
    for name, rule in RULES.items():
        for who in sorted(rule.post or NOBODY)[: 1 if name in ONCE else None]:
            attempt(name, attempt.address_of(name, rule, who), who, "POST", rule.post)
    for name, arguments in NEVER.items():
        address = reverse(name, kwargs=arguments(scenes, scenes.review))
        for who in attempt.people:
            status = attempt.browsers[who].post(address).status_code
            if status != (302 if who == "anonymous" else 404):
                attempt.wrong.append(f"POST {name} as {who}: {status}")
    assert attempt.wrong == []


def test_a_guest_s_link_shows_everybody_what_its_mail_said_and_nothing_more(
    cast: Cast, scenes: Scenes
) -> None:
    people: list[User | None] = [
        None,
        cast.outsider,
        cast.bailleur_cl,
        cast.admin,
        scenes.extras["withdrawn"],
    ]
    text = plot.version(scenes.review)
    hidden = (scenes.link.contact.email, "38 halls", text.content_sha256[:8], scenes.review.preamble)
    for name in sorted(GUEST_LINKS):
        for person in people:
            answer = browser(person).get(reverse(name, args=[scenes.link.identifier]))
            expected = {"guest_receipt": {404}, "guest_code_ask": {405}, "guest_link_renew": {405}}
            assert answer.status_code in expected.get(name, {200}), (name, person)
            for words in hidden:
                assert words not in answer.content.decode(), (name, person, words)
    assert len(plot.tasks(scenes.review, "review")) == 2


@pytest.mark.parametrize("who", ["pilote_ville", "dgs"])
def test_who_was_withdrawn_reaches_nothing_by_page_or_socket(
    cast: Cast, scenes: Scenes, live_url: str, who: str
) -> None:
    """An administrator and a pilot, who could do much: out at once, and nothing is left to a kept session."""
    person: User = getattr(cast, who)
    addresses = {
        name: reverse(name, kwargs=rule.arguments(scenes, getattr(scenes, rule.scene)))
        for name, rule in RULES.items()
    }
    opened, kept = Client(), browser(person)
    opened.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert opened.get(addresses["contract"]).status_code == 200
    with (
        watching(live_url, opened) as inbox,
        watching(live_url, opened, scenes.review) as contract,
        watching(live_url, kept, scenes.review) as surviving,
    ):
        plot.withdraw(person, by=cast.admin)
        assert inbox.close_code() in {4401, 4403}
        assert contract.close_code() in {4401, 4403}
        assert surviving.close_code() == 4403
    with page(live_url, opened, scenes.review) as again:
        assert again.close_code() == 4401
    with page(live_url, kept, scenes.review, after=0) as again:
        assert again.close_code() == 4403
        assert again.told == []
    for name, address in addresses.items():
        for method in ("GET", "POST"):
            out = opened.generic(method, address, content_type="application/x-www-form-urlencoded")
            assert out.status_code in {302, 405}, f"{method} {name}: {out.status_code}"
            assert out.status_code == 405 or "/compte/login/" in out.headers["Location"], name
            of_oneself = method == "POST" and RULES[name].post == EVERYBODY
            if of_oneself or RULES[name].get == EVERYBODY:
                continue
            left = kept.generic(method, address, content_type="application/x-www-form-urlencoded")
            assert left.status_code in {404, 405}, f"{method} {name} with a kept session: {left.status_code}"


def test_a_task_is_not_found_through_another_contract(cast: Cast, scenes: Scenes) -> None:
    task = scenes.task(scenes.review, "review", "org-oh")
    for contract in (scenes.drafting, scenes.signing, cast.contract):
        address = reverse("task", kwargs={"contract": contract.pk, "task": task})
        assert browser(cast.bailleur_oh).get(address).status_code == 404


def test_a_part_of_one_draft_is_not_found_through_another(cast: Cast, scenes: Scenes) -> None:
    foreign = scenes.review.volets.order_by("order")[0]
    for name in ("volet_edit", "volet_delete", "commitment_add"):
        address = reverse(name, kwargs={"contract": scenes.drafting.pk, "volet": foreign.pk})
        assert browser(cast.pilote_ville).get(address).status_code == 404


def test_half_signed_copies_are_not_released(cast: Cast, scenes: Scenes) -> None:
    plot.sign_next(scenes.signing)
    for name in ("result", "signed_pdf"):
        address = reverse(name, kwargs={"contract": scenes.signing.pk})
        for person in (cast.maire, cast.prefete, cast.pilote_ville):
            assert browser(person).get(address).status_code == 404
    approved = reverse("version_pdf", kwargs={"contract": scenes.signing.pk, "number": 1})
    assert b"/ByteRange" not in browser(cast.prefete).get(approved).content


def staff_address(name: str, cast: Cast) -> str:
    """Return an address of the administration, about a person where it is about something."""
    arguments: dict[str, Any] = {}
    if name.endswith(("history", "delete", "change")) and name != "admin:password_change":
        arguments = {"object_id": cast.prefete.pk}
    special: dict[str, dict[str, Any]] = {
        "admin:view_on_site": {"content_type_id": 1, "object_id": 1},
        "admin:app_list": {"app_label": "stakeholders"},
    }
    return reverse(name, kwargs=special.get(name, arguments))


def test_the_administration_is_for_staff_alone(cast: Cast) -> None:
    administrator = with_second_factor(cast.admin)
    for name in sorted(STAFF - {"admin:None", "admin:login", "admin:logout"}):
        address = staff_address(name, cast)
        for person in (None, cast.prefete, cast.pilote_ville, cast.outsider):
            answer = browser(person).get(address)
            assert answer.status_code == 302, f"{name} as {person}: {answer.status_code}"
            assert "login" in answer.headers["Location"]
        by_password_alone = browser(cast.admin).get(address)
        assert by_password_alone.status_code == 302, name
        assert "login" in by_password_alone.headers["Location"]
        staff = administrator.get(address).status_code
        assert staff < 500, name
        if name.endswith("delete"):
            assert staff in {302, 403, 404}, "nothing is deleted"


def test_whoever_is_logged_in_needs_the_form_of_the_page_to_post(cast: Cast, scenes: Scenes) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.bailleur_oh, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("task", kwargs=review(scenes, scenes.review))
    assert client.post(address, {"value": "favourable"}).status_code == 403
    assert len(plot.tasks(scenes.review, "review")) == 2


def test_account_pages_answer_without_an_error(cast: Cast) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
        "mfa_edit_webauthn": {"pk": 1},
        "mfa_remove_webauthn": {"pk": 1},
    }
    for name in sorted(ACCOUNTS):
        for person in (None, cast.prefete, cast.outsider):
            answer = browser(person).get(reverse(name, kwargs=arguments.get(name, {})))
            assert answer.status_code < 500, name
            assert "CSI-00" not in answer.content.decode()


def test_whom_the_register_names_in_vain_reads_why_and_an_ended_authority_closes_the_page(
    cast: Cast, scenes: Scenes
) -> None:
    address = reverse("task", kwargs=signature(scenes, scenes.signing))
    assert browser(cast.dircab).get(address).status_code == 200
    assert browser(cast.secretaire_generale).get(address).status_code == 403
    end_authority(scenes.authority, actor=cast.admin)
    assert browser(cast.dircab).get(address).status_code == 403
    document = reverse("task_document", kwargs=signature(scenes, scenes.signing))
    assert browser(cast.dircab).get(document).status_code == 403
    assert browser(cast.prefete).get(document).status_code == 200


def test_the_register_of_one_organisation_is_not_reached_through_another(cast: Cast, scenes: Scenes) -> None:
    town = cast.organisation("org-ville").pk
    for name in ("authority_end", "authority_document"):
        address = reverse(name, kwargs={"organisation": town, "authority": scenes.authority.pk})
        assert browser(cast.dgs).get(address).status_code == 404
    address = reverse("absence_end", kwargs={"organisation": town, "absence": scenes.absence.pk})
    assert browser(cast.dgs).post(address).status_code == 404
