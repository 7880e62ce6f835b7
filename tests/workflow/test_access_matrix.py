"""Every address of the application, tried as everybody, on what is theirs and what is not.

A new address fails the first test until it is given a rule here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from contracts.models import Contract, Part
from signatures import blobs
from signatures.models import ProofMeans
from stakeholders.actions import appoint, declare_absence, end_authority, withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Absence, Grant, Mandate, Office, Role, SigningAuthority, User
from tests import plot
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast, small_contract
from tests.granted import asked
from tests.invited import code_for, named
from tests.snapshots import once
from tests.stage import run_jobs
from tests.workflow.sockets import page, watching
from workflow.guests import acts as guests_acts
from workflow.guests.models import GuestLink
from workflow.live.sockets import websocket_urlpatterns
from workflow.powers import appointments
from workflow.standing.parties import pilot

pytestmark = pytest.mark.access_matrix

NOBODY: frozenset[str] = frozenset()
PILOTS = frozenset({"pilote_ville", "pilote_prefecture"})
VIEWERS = PILOTS | {
    "prefete",
    "dircab",
    "maire",
    "greffe",
    "dgs",
    "bailleur_oh",
    "rtac",
    "substitute",
    "legalite",
}
# one of each kind of organisation that takes no part in these contracts
ELSEWHERE = frozenset({"procureure", "ddpn", "ggd", "pjj", "spip", "dasen", "rail"})
# « withdrawn » is a landlord's director whose mandate was withdrawn; « guest » came by a link about
# the contract in review, and sees no other; the mandate of « expired » ended yesterday. « substitute »
# is a colleague to whom an absence lends the landlord's opinions.
STRANGERS = frozenset({"outsider", "bailleur_cl", "admin", "withdrawn", "expired", "guest"}) | ELSEWHERE
EVERYBODY = VIEWERS | STRANGERS


@dataclass(frozen=True)
class Rule:
    """Who may read and who may post; None where the method does not exist; which scene, which arguments."""

    get: frozenset[str] | None
    post: frozenset[str] | None = None
    scene: str = "drafting"
    arguments: Callable[[Scenes, Contract], dict[str, Any]] = lambda _scenes, contract: {
        "contract": contract.pk
    }


@dataclass
class Scenes:
    """Four contracts at four moments, all between the same parties; the register and an absence of one."""

    drafting: Contract
    review: Contract
    signing: Contract
    sealed: Contract
    authority: SigningAuthority
    absence: Absence
    link: GuestLink
    grant: Grant
    extras: dict[str, User]

    def task(self, contract: Contract, step: str, organisation: str = "") -> int:
        """Return the open task of a step."""
        found = [
            t
            for t in plot.tasks(contract, step)
            if not organisation or t.owner_permission_obj.code == organisation
        ]
        return int(found[0].pk)


def none(_scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    return {}


def version(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "number": 1}


def volet(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "volet": contract.volets.order_by("order")[0].pk}


def commitment(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    row = contract.volets.order_by("order")[0].commitments.order_by("order")[0]
    return {"contract": contract.pk, "commitment": row.pk}


def review(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": scenes.task(contract, "review", "org-oh")}


def signature(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "task": scenes.task(contract, "sign")}


def fragment(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "fragment": "acteurs"}


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


def contact(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    return {"contract": contract.pk, "contact": scenes.link.contact_id}


LANDLORD = frozenset({"bailleur_oh", "guest", "substitute"})
COLLEAGUES = LANDLORD - {"guest"}
REVIEW_VIEWERS = VIEWERS | {"guest"}
NAMING = PILOTS | {"bailleur_oh", "rtac"}  # both administer their organisation, a reviewer
NAMING_FOR_LANDLORD = PILOTS | {"bailleur_oh"}
PREFECT = frozenset({"prefete", "dircab"})  # he signs by delegation
PREFECTURE = frozenset({"prefete", "dircab", "pilote_prefecture", "legalite"})
CABINET = frozenset({"dircab"})  # administers the prefecture
RULES: dict[str, Rule] = {
    "inbox": Rule(EVERYBODY, arguments=none),
    "basket_counters": Rule(EVERYBODY, arguments=none),
    "basket": Rule(EVERYBODY, arguments=lambda _s, _c: {"basket": "a-traiter"}),
    "basket_list": Rule(EVERYBODY, arguments=lambda _s, _c: {"basket": "suivis"}),
    "contract_list": Rule(EVERYBODY, arguments=none),
    "contract": Rule(REVIEW_VIEWERS, scene="review"),
    "contract_fragment": Rule(REVIEW_VIEWERS, scene="review", arguments=fragment),
    "contract_bpmn": Rule(REVIEW_VIEWERS, scene="review"),
    "contract_process": Rule(REVIEW_VIEWERS, scene="review"),
    "version": Rule(REVIEW_VIEWERS, scene="review", arguments=version),
    "version_pdf": Rule(REVIEW_VIEWERS, scene="review", arguments=version),
    "result": Rule(VIEWERS, scene="sealed"),
    "signed_pdf": Rule(VIEWERS, scene="sealed"),
    "journal": Rule(VIEWERS, scene="sealed"),
    "draft_editor": Rule(PILOTS),
    "contract_edit": Rule(PILOTS, PILOTS),
    "volet_add": Rule(PILOTS, PILOTS),
    "volet_edit": Rule(PILOTS, PILOTS, arguments=volet),
    "volet_move": Rule(None, PILOTS, arguments=volet),
    "commitment_add": Rule(PILOTS, PILOTS, arguments=volet),
    "commitment_edit": Rule(PILOTS, PILOTS, arguments=commitment),
    "commitment_move": Rule(None, PILOTS, arguments=commitment),
    "contacts": Rule(NAMING, NAMING, "review"),
    "contact_send": Rule(None, NAMING_FOR_LANDLORD, "review", contact),
    "version_recall": Rule(PILOTS, PILOTS, scene="review"),
    "task": Rule(LANDLORD, LANDLORD, "review", review),
    "task_take": Rule(None, LANDLORD, "review", review),
    "opinion_draft": Rule(None, LANDLORD, "review", review),
    "note_add": Rule(None, LANDLORD, "review", review),
    "sign_confirm": Rule(PREFECT, PREFECT, "signing", signature),
    "sign_challenge": Rule(None, PREFECT, "signing", signature),
    "sign_refuse": Rule(PREFECT, PREFECT, "signing", signature),
    "task_document": Rule(PREFECT, None, "signing", signature),
    "task_transfer": Rule(COLLEAGUES, COLLEAGUES, "review", review),
    "transfer_end": Rule(None, COLLEAGUES, "review", review),
    "register": Rule(PREFECTURE, arguments=prefecture),
    "authority_add": Rule(CABINET, CABINET, arguments=prefecture),
    "authority_document": Rule(PREFECTURE, arguments=authority),
    "absences": Rule(PREFECTURE, arguments=prefecture),
    "absence_add": Rule(PREFECTURE, PREFECTURE, arguments=prefecture),
    "absence_end": Rule(None, PREFECT, arguments=absence),
    "mandate_handover": Rule(PREFECT, PREFECT, arguments=absentee),
}
ADMINISTRATOR = frozenset({"dgs"})
APPOINTING = ADMINISTRATOR | {"admin"}  # the platform's gives offices where nobody can yet
MAYOR = frozenset({"maire"})
CONCERNED = ADMINISTRATOR | MAYOR | PILOTS | {"greffe"}  # by an office that the clerk may get
RULES |= {
    "organisation": Rule(ADMINISTRATOR, arguments=organisation),
    "invitation_add": Rule(APPOINTING, APPOINTING, arguments=organisation),
    "invitation_cancel": Rule(None, ADMINISTRATOR, arguments=invited),
    "mandate_add": Rule(APPOINTING, APPOINTING, arguments=organisation),
    "mandate_withdraw": Rule(ADMINISTRATOR, ADMINISTRATOR, arguments=mandate),
    "signing_proof": Rule(None, ADMINISTRATOR, arguments=organisation),
    "grants": Rule(EVERYBODY, arguments=none),
    "grant": Rule(CONCERNED, arguments=grant),
    "grant_document": Rule(CONCERNED, arguments=grant),
    "grant_prove": Rule(CONCERNED, MAYOR, arguments=grant),
    "grant_challenge": Rule(None, MAYOR, arguments=grant),
    "grant_confirm": Rule(None, MAYOR, arguments=grant),
    "grant_refuse": Rule(None, MAYOR | {"greffe"}, arguments=grant),
    "means_code": Rule(None, ADMINISTRATOR, arguments=unproved),
}
# Tried last, because somebody entitled changes the scene.
RULES |= {
    "commitment_delete": Rule(PILOTS, PILOTS, arguments=commitment),
    "volet_delete": Rule(PILOTS, PILOTS, arguments=volet),
    "authority_end": Rule(CABINET, CABINET, arguments=authority),
    "grant_withdraw": Rule(None, ADMINISTRATOR, arguments=grant),
    "contact_remove": Rule(NAMING_FOR_LANDLORD, NAMING_FOR_LANDLORD, "review", contact),
}
ONCE = {"contact_remove"}  # what is removed is not found again: the first of those entitled tries it
# Only ever a step of the system that failed: nobody finds one in these scenes.
NEVER = {"job_retry": job}
# the last two: see test_invitations.py
OPEN_TO_ALL = {"trust_root", "health", "set_language", "invitation", "invitation_opened"}
GUEST_LINKS = {  # open to all, and worth nothing without the code: tests/workflow/guests/test_guests.py too
    "guest_link",
    "guest_code",
    "guest_code_ask",
    "guest_link_renew",
    "guest_report",
    "guest_receipt",
}
ACCOUNTS = {  # allauth's own, each open or closed by its own rule; none shows a contract
    f"account_{name}"
    for name in [
        "login",
        "logout",
        "inactive",
        "signup",
        "reauthenticate",
        "email",
        "email_verification_sent",
        "change_password",
        "set_password",
        "reset_password",
        "confirm_login_code",
        "reset_password_from_key_done",
        "reset_password_from_key",
        "reset_open",
        "reset_password_done",
        "request_login_code",
        "address",
        "means",
        "password",
    ]
} | {
    "proconnect_login",
    "proconnect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "socialaccount_connections",
    "usersessions_list",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}
OWN_SESSIONS = {"session_end"}  # tests/stakeholders/test_sessions.py
STAFF = (
    {
        "admin:index",
        "admin:login",
        "admin:logout",
        "admin:password_change",
        "admin:password_change_done",
        "admin:autocomplete",
        "admin:jsi18n",
        "admin:view_on_site",
        "admin:app_list",
        "admin:None",
    }
    | {
        f"admin:stakeholders_{model}_{page}"
        for model in ("user", "organisation", "office", "mandate")
        for page in ("changelist", "add", "history", "delete", "change")
    }
    | {f"admin:signatures_proofmeans_{page}" for page in ("changelist", "add", "history", "delete", "change")}
)


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
def scenes(cast: Cast) -> Scenes:
    """Bring four contracts to four moments; a guest comes to the second, an office is taken from somebody."""
    return once("matrix", lambda: _scenes(cast))


def _scenes(cast: Cast) -> Scenes:
    found = [small_contract(cast, f"MATRIX-{n}") for n in range(4)]
    plot.opened(found[0])
    plot.opened(found[1])
    link_to = named(cast, found[1])
    plot.draft_and_freeze(found[1])
    plot.to_signing(found[2])
    plot.to_signing(found[3])
    plot.record_resolution(found[3])
    plot.sign_next(found[3])
    plot.sign_next(found[3])
    run_jobs()
    sha256 = blobs.put(b"%PDF-1.7 un acte")
    SigningAuthority.objects.update(document_sha256=sha256)
    delegation = SigningAuthority.objects.get(delegate__person=cast.dircab)
    today = timezone.localdate()
    away = Absence(
        mandate=cast.prefete.mandates.get(),
        substitute=cast.secretaire_generale.mandates.get(),
        starts_on=today,
        ends_on=today,
        powers=[Power.APPROVE.value],
    )
    declare_absence(away, actor=cast.dircab)
    link = link_to.links.get()
    guest = guests_acts.enter(link.identifier, code_for(link)).person
    assert guest is not None
    withdrawn = User.objects.create_user("ancien@orme-habitat.example", last_name="Ancien")
    office = Office.objects.create(organisation=cast.organisation("org-oh"), title="Ancien", role=Role.HEAD)
    withdraw_mandate(appoint(withdrawn, office, starts_on=timezone.localdate(), actor=None), actor=None)
    drafting, review, signing, sealed = found
    extras = {"guest": guest, "withdrawn": withdrawn, **_expired_and_substitute(cast)}
    deputy = Office.objects.create(
        organisation=cast.organisation("org-ville"), title="Second adjoint", role=Role.DELEGATE
    )
    made = appointments.give_office(
        cast.dgs,
        deputy.organisation,
        person=cast.greffe,
        office=deputy,
        starts_on=today,
        ends_on=None,
        act="Arrêté",
        document=sha256,
    )
    assert isinstance(made, Grant)
    return Scenes(drafting, review, signing, sealed, delegation, away, link, asked(made), extras)


def _expired_and_substitute(cast: Cast) -> dict[str, User]:
    """Two more of the landlord's: one whose mandate ended yesterday, one who replaces the director today."""
    landlord, today = cast.organisation("org-oh"), timezone.localdate()
    people = {
        name: User.objects.create_user(f"{name}@orme-habitat.example", last_name=name)
        for name in ("expired", "substitute")
    }
    former = Office.objects.create(organisation=landlord, title="Directeur délégué", role=Role.HEAD)
    yesterday = today - dt.timedelta(days=1)
    appoint(people["expired"], former, starts_on=yesterday, ends_on=yesterday, actor=None)
    colleague = Office.objects.create(
        organisation=landlord, title="Chargée de mission", role=Role.CONTRIBUTOR
    )
    mandate = appoint(people["substitute"], colleague, starts_on=today, actor=None)
    declare_absence(
        Absence(
            mandate=cast.bailleur_oh.mandates.get(),
            substitute=mandate,
            starts_on=today,
            ends_on=today,
            powers=[Power.REVIEW.value],
        ),
        actor=cast.bailleur_oh,
    )
    return people


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


def test_everybody_meets_what_is_theirs_and_nothing_else(cast: Cast, scenes: Scenes) -> None:
    people: dict[str, User | None] = {"anonymous": None}
    people |= {name: scenes.extras.get(name) or getattr(cast, name) for name in sorted(EVERYBODY)}
    browsers = {name: browser(person) for name, person in people.items()}
    browsers["admin"] = with_second_factor(cast.admin)
    wrong: list[str] = []

    def attempt(name: str, rule: Rule, who: str, method: str, entitled: frozenset[str] | None) -> None:
        contract = getattr(scenes, rule.scene)
        address = reverse(name, kwargs=rule.arguments(scenes, contract))
        answer = browsers[who].generic(method, address, content_type="application/x-www-form-urlencoded")
        problem = problems(who, answer.status_code, answer.headers.get("Location", ""), entitled, method)
        if problem:
            wrong.append(f"{method} {name} as {who}: {problem}")

    for name, rule in RULES.items():
        for who in people:
            attempt(name, rule, who, "GET", rule.get)
        for who in sorted(set(people) - (rule.post or NOBODY)):
            attempt(name, rule, who, "POST", rule.post)
    for name, rule in RULES.items():
        for who in sorted(rule.post or NOBODY)[: 1 if name in ONCE else None]:
            attempt(name, rule, who, "POST", rule.post)
    for name, arguments in NEVER.items():
        address = reverse(name, kwargs=arguments(scenes, scenes.review))
        for who in people:
            status = browsers[who].post(address).status_code
            if status != (302 if who == "anonymous" else 404):
                wrong.append(f"POST {name} as {who}: {status}")
    assert wrong == []


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
            if RULES[name].get == EVERYBODY:
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
