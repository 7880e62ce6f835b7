"""A guest's link: what it is worth, when a code is sent, what the right code opens, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import deactivate
from stakeholders.models import Mandate, Office, Role, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import (
    LINA,
    a_minute_later,
    asked,
    at,
    code_for,
    code_in,
    confirmed,
    expire,
    kept_asked,
    link_in,
    mailbox,
    named,
    text,
    wrong,
)
from workflow.guests import acts as guests_acts
from workflow.guests import links as guests_links
from workflow.guests.acts import CODES_A_LINK, CODES_AN_ADDRESS
from workflow.guests.mails import CODE_LASTS, CODE_TRIES
from workflow.guests.models import GuestLink
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import Invalid, Locked

PAGES = ("guest_link", "guest_code", "guest_code_ask", "guest_link_renew", "guest_report", "guest_receipt")
Verb = JournalEntry.objects.filter


# --- the mail ----------------------------------------------------------------------------


def test_a_review_that_opens_mails_a_link_to_those_named(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    (message,) = mailbox()
    assert link_in(message) == at(link)
    said = str(message.body)
    due = plot.task(contract, "review", cast.organisation("org-oh")).data["due_on"]
    year, _month, day = due.split("-")
    asker, led = cast.pilote_ville, guests_links.led(link.version, link.contact.organisation)
    for words in ("Lina Aubrac", "Ville de Clairval-sur-Orme", contract.title, *led, year, day):
        assert words.lstrip("0") in said, words
    for words in (str(asker), asker.email, "est responsable d’un engagement", "silence ne vaut pas accord"):
        assert words in said, words
    assert message.subject.startswith("Avis demandé au plus tard le ")
    assert message.reply_to == [asker.email]
    assert (link.version, link.contact.organisation) == (plot.version(contract), cast.organisation("org-oh"))
    entry = Verb(contract=contract, verb="guest_link_sent").get()
    assert entry.payload["name"] == "Lina Aubrac"
    assert LINA not in str(list(Verb(contract=contract).values_list("payload", flat=True)))


def test_one_named_while_the_review_is_open_is_mailed_at_once(cast: Cast) -> None:
    contract, _link = kept_asked(cast)
    other = "paul.rey@orme-habitat.example"
    named(cast, contract, email=other, first_name="Paul", last_name="Rey", quality="Chargé de mission")
    assert len(mailbox(other)) == 1


def test_the_next_round_mails_only_the_organisations_that_are_due(cast: Cast) -> None:
    contract, _link = kept_asked(cast)
    operator = "iris.noel@reseau-libellule.example"
    named(cast, contract, organisation="org-rtac", email=operator, quality="Cheffe de ligne")
    for waiting in plot.tasks(contract, "review"):
        value = "changes_requested" if waiting.seed.code == "org-oh" else "favourable"
        plot.opine(contract, waiting, value, "À revoir.")
    plot.draft_and_freeze(contract)
    assert len(mailbox()) == 2
    assert len(mailbox(operator)) == 1


# --- what a GET shows and changes ----------------------------------------------------------


def everything() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        jobs = cursor.fetchone()
    return {
        "links": list(GuestLink.objects.order_by("pk").values()),
        "people": list(User.objects.order_by("pk").values()),
        "mandates": list(Mandate.objects.order_by("pk").values_list("pk", "ends_on", "withdrawn_at")),
        "counts": (JournalEntry.objects.count(), Event.objects.count(), Session.objects.count(), jobs),
    }


def test_a_scanner_of_links_changes_nothing(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    mailbox()
    for expired in (False, True):
        if expired:
            expire(link)
        before = everything()
        for name in PAGES:
            for method in ("GET", "HEAD", "OPTIONS", "PUT"):
                browser = Client()
                answer = browser.generic(method, at(link, name))
                assert answer.status_code in {200, 302, 404, 405}, (method, name)
                assert "contreseing" not in browser.cookies, "no session"
        assert everything() == before


def test_an_unknown_identifier_is_not_found(cast: Cast) -> None:
    kept_asked(cast)
    for name in PAGES:
        for method in ("GET", "POST"):
            answer = Client().generic(method, reverse(name, args=["n-existe-pas"]))
            assert answer.status_code in {404, 405}, (method, name)


def test_before_the_code_the_page_says_only_what_the_mail_said(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    for name in ("guest_link", "guest_code", "guest_report"):
        said = text(Client().get(at(link, name)))
        assert contract.reference in said
        for hidden in (LINA, "38 halls", contract.preamble, plot.version(contract).content_sha256[:8]):
            assert hidden not in said, (name, hidden)
    assert "l…@orme-habitat.example" in text(Client().get(at(link)))
    assert Client().get(reverse("contract", args=[contract.pk])).status_code == 302


# --- the code ------------------------------------------------------------------------------


def test_the_right_code_makes_the_account_and_the_mandate_and_opens_the_task(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    browser = Client()
    browser.get("/compte/login/")
    assert browser.post(at(link, "guest_code_ask")).headers["Location"] == at(link, "guest_code")
    code = code_in(mailbox()[-1])
    answer = browser.post(at(link, "guest_code"), {"code": f" {code[:3]} {code[3:]} "})
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    assert answer.headers["Location"] == reverse("task", args=[contract.pk, task.pk])
    page = text(browser.get(answer.headers["Location"]))
    assert "Sécuriser 38 halls" in page
    assert "Directrice de la proximité" in page
    person = User.objects.get(email=LINA)
    assert not person.has_usable_password()
    mandate = person.mandates.get()
    assert mandate.limited_to == contract
    assert mandate.office.role == Role.REVIEWER
    assert mandate.act == f"invité à se prononcer sur {contract.reference}"
    entry = Verb(contract=contract, verb="guest_entered").get()
    assert (entry.actor, entry.payload["account_made"]) == (person, True)
    assert entry.quality == str(mandate.office)
    assert Verb(verb="mandate_given").count() == 1
    assert journal.first_break() is None


def test_entering_changes_the_key_of_a_session_that_was_open(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    browser = Client()
    browser.force_login(cast.rtac, backend="allauth.account.auth_backends.AuthenticationBackend")
    planted = browser.session.session_key
    confirmed(link, browser)
    assert browser.session.session_key != planted
    assert browser.session["_auth_user_id"] == str(User.objects.get(email=LINA).pk)
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_wrong_a_stale_and_a_used_code_get_the_same_answer(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    code = code_for(link)
    refusals = []
    for tried in (wrong(code), "", "abcdef", code):
        if tried == code:  # right, but stale
            GuestLink.objects.filter(pk=link.pk).update(code_expires_at=timezone.now())
        with pytest.raises(Invalid) as refused:
            guests_acts.enter(link.identifier, tried)
        refusals.append(refused.value.message)
    a_minute_later(link)
    fresh = code_for(link)
    assert guests_acts.enter(link.identifier, fresh).person is not None
    with pytest.raises(Invalid) as refused:
        guests_acts.enter(link.identifier, fresh)
    assert {*refusals, refused.value.message} == {refusals[0]}
    assert User.objects.filter(email=LINA).count() == 1


def test_the_fifth_wrong_try_voids_the_code(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    code = code_for(link)
    for _turn in range(CODE_TRIES):
        answer = Client().post(at(link, "guest_code"), {"code": wrong(code)})
        assert answer.status_code == 422
    with pytest.raises(Invalid):
        guests_acts.enter(link.identifier, code)
    assert not User.objects.filter(email=LINA).exists()


def test_a_code_lasts_ten_minutes_and_is_nowhere_in_clear(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    code = code_for(link)
    link.refresh_from_db()
    assert link.code_expires_at is not None
    assert dt.timedelta(0) < link.code_expires_at - timezone.now() <= CODE_LASTS
    assert code not in str(everything()["links"])
    assert code not in mailbox()[-1].subject.replace(" ", ""), "subjects are written in logs"
    assert len(link.code_hash) == 64
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        assert not [row for row in cursor.fetchall() if code in row[0]]


def test_codes_are_not_sent_without_end(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    guests_acts.ask_code(link.identifier)
    with pytest.raises(Locked, match="une minute"):
        guests_acts.ask_code(link.identifier)
    for _turn in range(CODES_A_LINK - 1):
        a_minute_later(link)
        guests_acts.ask_code(link.identifier)
    a_minute_later(link)
    with pytest.raises(Locked, match="Trop de codes"):
        guests_acts.ask_code(link.identifier)
    assert len(mailbox()) == 1 + CODES_A_LINK


def test_the_limit_is_the_address_s_too(cast: Cast) -> None:
    links = [asked(cast, f"CSI-00-2026-91{n}")[1] for n in range(3)]
    sent = 0
    for link in links:
        for _turn in range(CODES_A_LINK):
            a_minute_later(link)
            try:
                guests_acts.ask_code(link.identifier)
            except Locked:
                continue
            sent += 1
    assert sent == CODES_AN_ADDRESS


def test_a_refused_code_says_so_on_the_page_and_keeps_the_reader_there(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    browser = Client()
    browser.post(at(link, "guest_code_ask"))
    again = browser.post(at(link, "guest_code_ask"))
    assert again.status_code == 409
    assert "Attendez une minute" in text(again)
    assert "Code à six chiffres" in text(again)
    assert "pas valable" in text(browser.post(at(link, "guest_code"), {"code": "1"}))


# --- those who have an account ---------------------------------------------------------------


def test_who_has_an_account_answers_by_the_code_alone_and_the_code_opens_no_more(cast: Cast) -> None:
    contract, link = asked(cast, email=cast.bailleur_oh.email)
    other = plot.opened(small_contract(cast, "CSI-00-2026-902"))
    browser = confirmed(link)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    facts = {"value": "favourable", "reason": "", "version_sha256": plot.version(contract).content_sha256}
    address = reverse("task", args=[contract.pk, task.pk])
    assert browser.get(address).status_code == 200, "no password is asked after the code"
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 404, "their office is not opened"
    for name in ("mfa_index", "account_change_password", "usersessions_list"):
        assert browser.get(reverse(name)).status_code == 302, name
    assert browser.post(address, facts).status_code == 302
    opinion = plot.version(contract).opinions.get(organisation=cast.organisation("org-oh"))
    assert (opinion.author, opinion.mandate.limited_to) == (cast.bailleur_oh, contract)
    a_minute_later(link)
    confirmed(link)
    assert cast.bailleur_oh.mandates.filter(limited_type__isnull=False).count() == 1, "one a contract"


def test_an_administrator_of_the_platform_logs_in_whoever_names_them(cast: Cast) -> None:
    User.objects.filter(pk=cast.bailleur_oh.pk).update(is_staff=True)
    contract, link = asked(cast, email=cast.bailleur_oh.email)
    browser = Client()
    browser.post(at(link, "guest_code_ask"))
    answer = browser.post(at(link, "guest_code"), {"code": code_in(mailbox(cast.bailleur_oh.email)[-1])})
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    assert answer.headers["Location"].startswith("/compte/login/")
    assert f"/taches/{task.pk}/" in answer.headers["Location"]
    assert "_auth_user_id" not in browser.session


def test_a_closed_account_does_not_come_back_by_a_link(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    confirmed(link)
    person = User.objects.get(email=LINA)
    deactivate(person, actor=cast.admin)
    a_minute_later(link)
    code = code_for(link)
    with pytest.raises(Locked, match="fermé"):
        guests_acts.enter(link.identifier, code)
    assert Verb(contract=contract, verb="guest_entered").count() == 1


def test_a_mandate_that_ended_is_given_anew_by_the_next_code(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    confirmed(link)
    mandate = Mandate.objects.get(person__email=LINA)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Mandate.objects.filter(pk=mandate.pk).update(starts_on=yesterday, ends_on=yesterday)
    a_minute_later(link)
    confirmed(link)
    assert Mandate.objects.filter(person__email=LINA).count() == 2
    assert Mandate.objects.in_force().filter(person__email=LINA, office=mandate.office).count() == 1


def test_a_guest_never_slips_into_an_office_that_does_more(cast: Cast) -> None:
    signing = Office.objects.get(organisation=cast.organisation("org-oh"), role=Role.HEAD)
    _contract, link = asked(cast, quality=signing.title)
    confirmed(link)
    office = Mandate.objects.get(person__email=LINA).office
    assert office != signing
    assert office.role == Role.REVIEWER
    assert not office.administers


def test_a_title_that_is_taken_and_a_long_address_still_make_an_office(cast: Cast) -> None:
    title = "D" * 150
    Office.objects.create(organisation=cast.organisation("org-oh"), title=title, role=Role.HEAD)
    address = f"{'l' * 64}@{'.'.join(['d' * 40] * 3)}.orme-habitat.example"
    _contract, link = asked(cast, quality=title, email=address)
    entry = guests_acts.enter(link.identifier, code_for(link))
    assert entry.person is not None
    office = entry.person.mandates.get().office
    assert office.role == Role.REVIEWER
    assert address[:100] in office.title
