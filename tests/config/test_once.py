"""Whatever form is sent twice, at once or one after the other, is done once and answered as the first."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from config import once as middleware
from contracts.models import Volet
from stakeholders.actions import record_authority
from stakeholders.models import Absence, AuthorityKind, Grant, Mandate, SigningAuthority, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.signatures import documents
from tests.workflow.sockets import logged_in
from workflow.guests.models import Contact
from workflow.opinions.note_models import InternalNote
from workflow.record.models import JournalEntry, SentForm

AT_ONCE = 4
DAY = dt.timedelta(days=1)
PDF = documents.build()


def token_of(browser: Client, page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).content.decode())
    assert found is not None
    return found[1]


def sent_at_once(browser: Client, address: str, fields: dict[str, Any], **headers: str) -> list[Any]:
    """Send the same form from several windows of one browser: all have come before one is held."""
    start, key_of = threading.Barrier(AT_ONCE), middleware.key_of

    def met(request: HttpRequest) -> str:
        start.wait(20)
        return key_of(request)

    def send(_window: int) -> Any:
        window = Client(headers=headers)
        window.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[settings.SESSION_COOKIE_NAME].value
        mine = {
            n: SimpleUploadedFile("a.pdf", v, "application/pdf") if isinstance(v, bytes) else v
            for n, v in fields.items()
        }
        try:
            return window.post(address, mine)
        finally:
            connection.close()

    with patch.object(middleware, "key_of", met), ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(send, range(AT_ONCE)))


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


def days(cast: Cast) -> dict[str, str]:
    today = timezone.localdate()
    return {"starts_on": today.isoformat(), "ends_on": (today + 6 * DAY).isoformat()}


Form = tuple[User, str, str, dict[str, Any], Callable[[], int]]


def absence(cast: Cast) -> Form:
    address = reverse("absence_add", args=[cast.organisation("org-pref").pk])
    parties = {"mandate": mandate(cast.prefete).pk, "substitute": mandate(cast.secretaire_generale).pk}
    fields = {**days(cast), **parties, "powers": ["review_for"]}
    return cast.prefete, address, address, fields, Absence.objects.count


def act_of_the_register(cast: Cast, kind: str = "representation_only") -> Form:
    address = reverse("authority_add", args=[cast.organisation("org-pref").pk])
    fields = {
        **days(cast),
        "kind": kind,
        "office": mandate(cast.prefete).office_id,
        "grantor": mandate(cast.prefete).pk,
        "delegate": mandate(cast.secretaire_generale).pk,
        "act": "Arrêté n° 7",
        "document": PDF,
    }
    rows = SigningAuthority.objects.filter(act="Arrêté n° 7")
    return cast.dircab, address, address, fields, lambda: rows.count() + Grant.objects.count()


def delegation(cast: Cast) -> Form:
    return act_of_the_register(cast, AuthorityKind.DELEGATION_OF_SIGNATURE)


def note(cast: Cast) -> Form:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    page = reverse("task", args=[contract.pk, task.pk])
    address = reverse("note_add", args=[contract.pk, task.pk])
    return cast.bailleur_oh, page, address, {"text": "À voir avec le service."}, InternalNote.objects.count


def volet(cast: Cast) -> Form:
    plot.opened(cast.contract)
    address = reverse("volet_add", args=[cast.contract.pk])
    form = logged_in(cast.pilote_ville).get(address).context["form"]
    blank = {bound.html_name: bound.value() or "" for bound in form}
    rows = Volet.objects.filter(title="Un volet de plus")
    return cast.pilote_ville, address, address, {**blank, "title": "Un volet de plus"}, rows.count


def contact(cast: Cast) -> Form:
    contract = plot.opened(small_contract(cast))
    address = reverse("contacts", args=[contract.pk])
    named = {"first_name": "Ève", "last_name": "Roux", "email": "eve.roux@orme-habitat.example"}
    fields = {**named, "organisation": cast.organisation("org-oh").pk, "quality": "Directrice"}
    return cast.pilote_ville, address, address, fields, Contact.objects.filter(last_name="Roux").count


FORMS = [absence, act_of_the_register, delegation, note, volet, contact]


@pytest.mark.race
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("with_token", [True, False])
def test_a_form_sent_several_times_at_once_is_done_once(
    cast: Cast, form: Callable[[Cast], Form], with_token: bool
) -> None:
    who, page, address, fields, count = form(cast)
    before = count()
    browser = logged_in(who)
    if with_token:
        fields = {**fields, middleware.TOKEN: token_of(browser, page)}
    answers = sent_at_once(browser, address, fields)
    assert count() == before + 1
    assert {answer.status_code for answer in answers} == {302}, answers[0].content.decode()[-2000:]
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_a_form_that_is_still_read_while_the_same_is_done_came_at_the_same_moment(cast: Cast) -> None:
    who, _page, address, fields, count = note(cast)
    slow, quick = logged_in(who), logged_in(who)
    key_of, answers = middleware.key_of, []

    def overtaken(request: HttpRequest) -> str:
        with patch.object(middleware, "key_of", key_of):
            answers.append(quick.post(address, fields))
        return key_of(request)

    with patch.object(middleware, "key_of", overtaken):
        answers.append(slow.post(address, fields))
    assert count() == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_a_form_sent_again_later_is_answered_as_the_first_and_says_so(cast: Cast) -> None:
    who, page, address, fields, count = note(cast)
    browser = logged_in(who)
    sent = {**fields, middleware.TOKEN: token_of(browser, page)}
    first, second = browser.post(address, sent), browser.post(address, sent, follow=True)
    assert count() == 1
    assert second.redirect_chain[0][0] == first.headers["Location"]
    assert "il n’a été enregistré qu’une fois" in second.content.decode()
    browser.post(address, {**sent, "text": "Autre chose."})
    assert count() == 2, "corrected and sent again, it is another"
    browser.post(address, {**fields, middleware.TOKEN: token_of(browser, page)})
    assert count() == 3, "the page shown anew is another form"


def test_a_fragment_sent_twice_comes_back_with_one_row(cast: Cast) -> None:
    who, page, address, fields, count = note(cast)
    browser = logged_in(who)
    sent = {**fields, middleware.TOKEN: token_of(browser, page)}
    answers = [browser.post(address, sent, headers={"HX-Request": "true"}) for _time in range(2)]
    assert count() == 1
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(answer.content.decode().count("À voir avec le service.") == 1 for answer in answers)


def test_a_form_that_was_refused_may_be_sent_again(cast: Cast) -> None:
    who, page, address, fields, count = absence(cast)
    browser = logged_in(who)
    token = token_of(browser, page)
    wrong = {**fields, middleware.TOKEN: token, "powers": []}
    assert [browser.post(address, wrong).status_code for _time in range(2)] == [422, 422]
    assert not SentForm.objects.exists()
    assert browser.post(address, {**fields, middleware.TOKEN: token}).status_code == 302
    assert count() == 1


def test_a_process_that_died_before_it_answered_did_the_form_once(cast: Cast) -> None:
    """What journals marks the form in its own transaction: here its answer was never kept."""
    who, page, address, fields, count = absence(cast)
    browser = logged_in(who)
    sent = {**fields, middleware.TOKEN: token_of(browser, page)}
    assert browser.post(address, sent).status_code == 302
    SentForm.objects.update(address="")
    again = browser.post(address, sent)
    assert (again.status_code, count()) == (302, 1)
    assert browser.get(again.headers["Location"]).status_code == 200


def test_the_register_refuses_the_same_act_twice_whoever_writes_it(cast: Cast) -> None:
    today = timezone.localdate()
    facts = {
        "kind": AuthorityKind.DELEGATION_OF_SIGNATURE,
        "office": mandate(cast.prefete).office,
        "grantor": mandate(cast.prefete),
        "delegate": mandate(cast.secretaire_generale),
        "starts_on": today,
        "covers_contract_signature": True,
    }
    first = record_authority(SigningAuthority(act="Arrêté n° 7  du 3 mai", **facts), actor=cast.dircab)
    alike = {**facts, "act": "ARRÊTÉ n° 7 du 3 mai", "starts_on": today + 5 * DAY, "ends_on": today + 9 * DAY}
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningAuthority.objects.create(**alike)
    with pytest.raises(Exception, match="déjà inscrit au registre"):
        record_authority(SigningAuthority(**alike), actor=cast.dircab)
    record_authority(SigningAuthority(**{**alike, "act": "Arrêté n° 8"}), actor=cast.dircab)
    SigningAuthority.objects.filter(pk=first.pk).update(withdrawn_at=timezone.now())
    record_authority(SigningAuthority(**alike), actor=cast.dircab)


def test_the_migration_names_what_was_entered_twice_and_changes_nothing(cast: Cast) -> None:
    said = import_module("stakeholders.migrations.0013_no_act_twice").SAY_WHICH
    facts = {
        "kind": AuthorityKind.DELEGATION_OF_SIGNATURE,
        "office": mandate(cast.prefete).office,
        "grantor": mandate(cast.prefete),
        "delegate": mandate(cast.secretaire_generale),
        "starts_on": timezone.localdate(),
    }
    before = SigningAuthority.objects.count()
    with (
        as_owner(),
        pytest.raises(DatabaseError, match="Arrêté n° 7"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(said)  # nothing is twice yet
        cursor.execute(
            "ALTER TABLE stakeholders_signingauthority DROP CONSTRAINT one_line_an_act_parties_and_day"
        )
        for act in ("Arrêté n° 7", "arrêté  n° 7"):
            SigningAuthority.objects.create(act=act, **facts)
        cursor.execute(said)
    assert SigningAuthority.objects.count() == before


@pytest.mark.race
def test_two_who_enter_the_same_act_at_once_enter_it_once(cast: Cast) -> None:
    """Two administrators, two pages: no key is shared, the database alone refuses the second."""
    who, page, address, fields, count = act_of_the_register(cast)
    before = count()
    start = threading.Barrier(2)

    def send(_window: int) -> int:
        window = logged_in(who)
        mine = {**fields, middleware.TOKEN: token_of(window, page)}
        mine["document"] = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
        try:
            start.wait(20)
            return window.post(address, mine).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [302, 422]
    assert count() == before + 1
    assert JournalEntry.objects.filter(verb="authority_recorded").count() == 1


def _views(patterns: list[Any]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for entry in patterns:
        found += _views(entry.url_patterns) if isinstance(entry, URLResolver) else [entry]
    return found


def test_no_form_of_ours_is_without_its_key() -> None:
    """Each form carries Django's token in its own body, and each view that a form reaches is held."""
    rooms = [settings.BASE_DIR / room for room in ("config", "workflow")]
    pages = [page for room in rooms for page in Path(room).rglob("templates/**/*.html")]
    lacking = [
        str(page)
        for page in pages
        for form in re.findall(r"<form\b[^>]*\bmethod=\"post\".*?</form>", page.read_text(), re.DOTALL)
        if "csrf_token" not in form
    ]
    assert lacking == []
    ours = [view for view in _views(get_resolver().url_patterns) if view.name]
    strange = {view.callback.__module__.split(".")[0] for view in ours} - {"workflow", "stakeholders"}
    assert strange <= {"allauth", "django", "config"}, "a room whose forms config.once does not hold"
    assert {view.name for view in ours} >= middleware.AS_OFTEN
