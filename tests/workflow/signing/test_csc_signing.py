"""A signatory signs by a remote service, from our pages: enrolled, asked, authorised there, verified."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import blobs
from signatures.csc import calling, errands
from signatures.models import Confirmation, RemoteErrand, SignatureRequest
from signatures.validation import validate
from tests import plot
from tests.cast import Cast
from tests.csc.held import other_key_of
from tests.csc.pages import asked, enrolled, followed, left, logged_in, offered
from tests.csc.server import StrictService
from tests.stage import run_jobs
from tests.waiting import until
from workflow.privacy import retention
from workflow.signing.models import SigningAct

State = SignatureRequest.State
BACK = "/signature-a-distance/retour/"


class Scene:
    """A prefect whose key is at a service, and a contract that waits for her signature."""

    def __init__(self, cast: Cast, strict: StrictService, **changes: Any) -> None:
        self.cast, self.strict, self.person = cast, strict, cast.prefete
        self.contract = plot.at_signing(cast)
        self.client = logged_in(self.person)
        self.held = strict.keys[f"cle-{self.person.pk}"]
        for name, value in changes.items():
            setattr(self.held, name, value)
        self.key = enrolled(self.client, strict, self.person)
        self.request = asked(self.client, self.contract, self.key)

    def went(self, **answers: Any) -> Any:
        """Leave for the service, answer there, and come back."""
        return followed(
            self.client, left(self.client, self.request), self.strict, self.person.get_username(), **answers
        )

    def refreshed(self) -> SignatureRequest:
        """Return the request as it is now."""
        self.request.refresh_from_db()
        return self.request

    def ended(self) -> None:
        """Have the worker end the signature, and check it."""
        run_jobs()
        request = self.refreshed()
        assert request.state == State.DONE, (request.state, request.error_text)
        used = SigningAct.objects.get(request=request).confirmation
        assert used.proof == Confirmation.Proof.KEY
        field = [request.slot.field_name]
        report = validate(blobs.get(request.final_sha256), expected=field, intermediate=True)
        assert report.valid, report.problems


@pytest.fixture
def scene(request: pytest.FixtureRequest, cast: Cast) -> Iterator[Scene]:
    """A v2 service that authorises by OAuth, or what the test's mark says."""
    told = dict(request.param) if hasattr(request, "param") else {}
    held = {name: told.pop(name) for name in ("mode", "otp") if name in told}
    with offered(told.pop("version", "2"), cast.prefete, **told) as strict:
        yield Scene(cast, strict, **held)


def using(*each: dict[str, Any]) -> Any:
    """Have a test run on each of these services."""
    return pytest.mark.parametrize("scene", each, indirect=True, ids=[str(one) for one in each])


EXPLICIT = {"mode": "explicit", "otp": True}


@using({}, {"version": "1"}, {"version": "1", "grant": "client"}, {"version": "2", "details": False})
def test_a_signatory_signs_by_a_service(scene: Scene) -> None:
    page = scene.went().content.decode()
    assert "Votre signature est demandée" in page
    assert "Continuer chez" not in page
    assert len(scene.held.signed) == 1
    scene.ended()
    cookie = scene.client.cookies.get("contreseing-service")
    assert cookie is None or not cookie.value


@using(
    {"version": "1", **EXPLICIT},
    {"version": "2", **EXPLICIT},
    {"version": "2", "grant": "client", **EXPLICIT},
)
def test_codes_are_typed_here_and_go_straight_there(scene: Scene) -> None:
    page = scene.went()
    address = f"{reverse('csc_codes')}?request={scene.request.pk}"
    assert "Code PIN" in page.content.decode()
    assert "ni gardés ni inscrits" in page.content.decode()
    sent = scene.client.post(address, {"send": "1"})
    assert sent.status_code == 200, sent.headers
    wrong = scene.client.post(address, {"pin_0": "1357", "otp_1": scene.held.sent_otp}, follow=True)
    assert "bloquent la clé" in wrong.content.decode(), "told, on the form, which is to be filled anew"
    assert "1357" not in wrong.content.decode()
    missing = scene.client.post(address, {"pin_0": "2468"})
    assert missing.status_code == 422
    right = {"pin_0": "2468", "otp_1": scene.held.sent_otp}
    done = scene.client.post(address, right, follow=True)
    assert "Votre signature est demandée" in done.content.decode()
    scene.ended()
    assert len(scene.held.signed) == 1
    assert not written(scene.held.pin, scene.held.sent_otp or "x" * 9, *secrets_of(scene))


@using({}, {"version": "1"}, {"version": "1", "grant": "client"})
def test_no_connection_waits_for_the_service(scene: Scene) -> None:
    """Ten seconds of a slow service would each time take one of the few connections that pages share."""
    gone = scene.client.get(left(scene.client, scene.request).headers["Location"])
    mine, held = connections["default"], dict[str, bool]()

    def seen(path: str) -> str:
        held[path.rpartition("/")[2]] = mine.connection is not None
        return ""

    scene.strict.trouble = seen
    followed(scene.client, gone, scene.strict, scene.person.get_username())
    assert held["signHash"] is False, held
    assert not any(held.values()), held


@using({"version": "2", "grant": "client", **EXPLICIT})
def test_codes_sent_twice_at_once_are_tried_once(scene: Scene) -> None:
    """The second form waits for the first, whose connection is kept while the service is asked."""
    scene.went()
    address = f"{reverse('csc_codes')}?request={scene.request.pk}"
    scene.client.post(address, {"send": "1"})
    typed = {"pin_0": "2468", "otp_1": scene.held.sent_otp or "", "csrfmiddlewaretoken": "x" * 64}
    tried: list[str] = []
    twice = [threading.Thread(target=sent, args=(scene.client, address, typed)) for _each in range(2)]

    def slow(path: str) -> str:
        tried.append(path.rpartition("/")[2])
        if tried[-1] == "authorize" and not twice[1].ident:
            twice[1].start()
            until(a_form_waits, 3)
        return ""

    scene.strict.trouble = slow
    twice[0].start()
    twice[0].join(30)
    twice[1].join(30)
    assert tried.count("authorize") == 1, tried
    scene.ended()


def sent(client: Client, address: str, typed: dict[str, str]) -> None:
    """Send a form from a thread of its own."""
    try:
        client.post(address, typed)
    finally:
        connection.close()


def a_form_waits() -> bool:
    """Tell whether a form waits for the same one to be done."""
    base = connection.settings_dict
    told = {name.lower(): base[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
    with psycopg.connect(dbname=base["NAME"], **told) as other:
        found = other.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
    return found is not None


def secrets_of(scene: Scene) -> list[str]:
    """Return every token, code and activation that the service ever gave."""
    return [*scene.strict.tokens, *scene.strict.codes, *scene.strict.sads]


def written(*words: str) -> list[tuple[str, str]]:
    """Return where in the database any of these words is, but for numbers that are there by chance."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace='public'::regnamespace AND relkind='r'"
        )
        for (table,) in cursor.fetchall():
            for word in (word for word in words if len(word) > 8):
                cursor.execute(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s', [f"%{word}%"])  # noqa: S608
                if cursor.fetchone():
                    found.append((table, word))
    return found


def test_nothing_secret_is_written(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.went()
    given = secrets_of(scene)
    assert len(given) >= 2
    state = errands.state_of(RemoteErrand.objects.latest("pk"))
    assert not written(*given, state)
    assert not [word for word in given if word in caplog.text]


def test_errands_are_forgotten_with_the_tries(scene: Scene) -> None:
    scene.went()
    assert RemoteErrand.objects.count() == 2, "the account once, the signature once"
    retention._tries(timezone.now() - errands.LASTS)
    assert RemoteErrand.objects.count() == 2
    retention._tries(timezone.now() + errands.LASTS)
    assert not RemoteErrand.objects.exists()


def test_who_refuses_there_is_asked_again_or_takes_another_means(scene: Scene) -> None:
    page = scene.went(answer="no").content.decode()
    assert "n’a pas été donnée" in page
    assert "Continuer chez" in page
    assert "Annuler et choisir un autre moyen" in page
    assert scene.refreshed().state == State.PREPARED
    act = SigningAct.objects.get(request=scene.request)
    scene.client.post(reverse("sign_cancel", args=[scene.contract.pk, act.task_id]))
    assert scene.refreshed().state == State.FAILED
    run_jobs()
    assert scene.refreshed().state == State.ABANDONED
    demo = {"key": str(scene.person.signing_keys.get(means="demo").pk)}
    again = plot.task(scene.contract, "sign")
    page = scene.client.get(reverse("task", args=[scene.contract.pk, again.pk]), demo).content.decode()
    assert "Confirmer mon identité" in page
    assert scene.held.signed == []


def test_a_return_serves_once_for_who_left_in_time(scene: Scene) -> None:
    client, strict = scene.client, scene.strict
    gone = client.get(left(client, scene.request).headers["Location"])
    came = strict.consent(gone.headers["Location"], scene.person.get_username())
    back = f"{BACK}?{urlencode(came)}"
    outsider, elsewhere = logged_in(scene.cast.maire), logged_in(scene.person)
    for stranger in (outsider, elsewhere):  # another person; the same, in another session
        page = stranger.get(back, follow=True).content.decode()
        assert "ne correspond à aucune demande" in page
    for forged in ("1.forged", f"{RemoteErrand.objects.latest('pk').pk}.{'A' * 43}", "", "²", "9" * 40):
        page = client.get(f"{BACK}?code=x&state={forged}", follow=True).content.decode()
        assert "ne correspond à aucune demande" in page
    with time_machine.travel(timezone.now() + errands.LASTS + errands.LASTS / 2, tick=False):
        assert "ne correspond" in client.get(back, follow=True).content.decode()
    assert client.get(back).status_code == 302
    assert len(scene.held.signed) == 1
    assert "ne correspond à aucune demande" in client.get(back, follow=True).content.decode()
    scene.ended()
    assert len(scene.held.signed) == 1


def test_nobody_leaves_with_somebody_else_s_signature(scene: Scene) -> None:
    other = logged_in(scene.cast.maire)
    answer = other.post(reverse("csc_leave"), {"request": str(scene.request.pk)}, follow=True)
    assert "n’attend plus" in answer.content.decode()
    codes = other.get(reverse("csc_codes"), {"request": str(scene.request.pk)}, follow=True)
    assert "n’attend plus" in codes.content.decode()
    gone = left(scene.client, scene.request).headers["Location"]
    assert "ne correspond" in other.get(gone, follow=True).content.decode()
    assert other.post(reverse("csc_leave"), {"request": "x"}).status_code == 404


@pytest.mark.parametrize("trouble", ["503", "garbage", "501", "401", "endless"])
def test_a_service_that_fails_leaves_the_signature_waiting(scene: Scene, trouble: str) -> None:
    scene.strict.trouble = lambda path: trouble if path.endswith("signHash") else ""
    page = scene.went().content.decode()
    assert "Signature d’essai" in page
    assert "Continuer chez" in page, "tried again, or"
    assert "Annuler et choisir un autre moyen" in page
    assert scene.refreshed().state == State.PREPARED
    scene.strict.trouble = lambda path: ""
    calling.forget_failures()
    scene.went()
    scene.ended()
    assert len(scene.held.signed) == 1


def test_a_value_of_another_key_is_refused(scene: Scene) -> None:
    scene.held.private = other_key_of(scene.cast.maire, "autre").private
    page = scene.went().content.decode()
    assert "ne correspond pas au certificat" in page
    assert scene.refreshed().state == State.PREPARED


@using({"asynchronous": True})
def test_a_service_that_signs_later_is_asked_again(scene: Scene) -> None:
    page = scene.went()
    assert "a reçu votre autorisation" in page.content.decode()
    address = reverse("csc_later", args=["essai"])
    for _time in range(2):
        assert "a reçu votre autorisation" in scene.client.post(address).content.decode()
    assert scene.client.post(address).status_code == 302
    scene.ended()


@using({"version": "1"})
def test_the_account_s_token_opens_in_its_own_browser_alone(scene: Scene) -> None:
    client, strict = scene.client, scene.strict
    gone = client.get(left(client, scene.request).headers["Location"])
    came = strict.consent(gone.headers["Location"], scene.person.get_username())
    client.get(f"{BACK}?{urlencode(came)}")
    cookie = client.cookies["contreseing-service"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not [word for word in strict.tokens if word in cookie.value]
    thief = logged_in(scene.cast.maire)
    thief.cookies["contreseing-service"] = cookie.value
    assert thief.get(reverse("csc_choose", args=["essai"])).status_code == 302, "it opens nothing there"


def test_the_address_binds_the_hash_and_names_no_secret(scene: Scene) -> None:
    gone = scene.client.get(left(scene.client, scene.request).headers["Location"])
    told = dict(parse_qsl(urlsplit(gone.headers["Location"]).query))
    assert set(told) == {
        *("response_type", "client_id", "redirect_uri", "state", "lang"),
        *("code_challenge", "code_challenge_method", "authorization_details"),
    }
    (detail,) = json.loads(told["authorization_details"])
    (digest,) = detail["documentDigests"]
    assert base64.b64decode(digest["hash"]) == hashlib.sha256(scene.request.signed_attributes).digest()
    assert digest["label"] == scene.request.slot.envelope.title


def test_nobody_comes_without_logging_in(scene: Scene) -> None:
    stranger = Client()
    addresses: dict[str, list[Any]] = {
        **dict.fromkeys(("csc_enrol", "csc_back", "csc_codes"), []),
        **dict.fromkeys(("csc_choose", "csc_later"), ["essai"]),
        "csc_go": [1],
    }
    for name, arguments in addresses.items():
        answer = stranger.get(reverse(name, args=arguments))
        assert answer.status_code == 302, name
        assert "/compte/login/" in answer.headers["Location"], name
    assert "/compte/login/" in left(stranger, scene.request).headers["Location"]
