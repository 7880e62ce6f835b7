"""The mails to contacts: kept with their fate, without link nor code; one lost is not « sent »."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import LINA, named
from tests.post import mail_server, words
from tests.stage import run_jobs
from tests.workflow.notices.test_returns import report
from tests.workflow.notices.test_server_trials import later
from tests.workflow.sockets import logged_in
from workflow.guests import acts as guests_acts
from workflow.guests.models import GuestLink
from workflow.notices import returns
from workflow.notices.models import Fate, KeptMail, Notice
from workflow.record.models import Event


def shown(cast: Cast, contract: Contract, name: str = "contacts") -> str:
    return logged_in(cast.pilote_ville).get(reverse(name, args=[contract.pk])).content.decode()


def identifier_of(link: GuestLink) -> str:
    """Return the Message-ID of the mail that held a link."""
    assert link.mail is not None
    return link.mail.message_id


def asked(cast: Cast, **answers: Any) -> tuple[Contract, Any]:
    """Have Lina's opinion asked by a real mail server, which answers for her as it is told."""
    contract = plot.opened(small_contract(cast))
    named(cast, contract)
    with mail_server() as post:
        post.refused.update(answers.get("refused", {}))
        plot.draft_and_freeze(contract)
        run_jobs()
        later()
    return contract, post


def test_a_link_and_a_code_are_kept_without_what_opens(cast: Cast) -> None:
    contract, post = asked(cast)
    link = GuestLink.objects.get()
    [asking] = [message for to, message in post.received if to == [LINA]]
    assert link.identifier in words(asking) and asking["Message-ID"] == identifier_of(link)
    assert asking["References"].startswith(f"<contrat.{contract.pk}@")
    calendar = next(part for part in asking.walk() if part.get_content_type() == "text/calendar")
    assert link.identifier in calendar.get_payload(decode=True).decode().replace("\r\n ", "")
    with mail_server() as post:
        guests_acts.ask_code(link.identifier)
        run_jobs()
    [(_to, message)] = post.received
    code = words(message).split("Votre code est ")[1][:6]
    assert code.isdecimal()
    first, second = KeptMail.objects.filter(contact__email=LINA).order_by("pk")
    assert (first.fate, second.fate) == (Fate.HANDED_OVER, Fate.HANDED_OVER)
    assert "Votre avis est demandé" in first.body and link.identifier not in first.body
    assert "Votre code est […]" in second.body and code not in second.body
    page = shown(cast, contract, "contract_told")
    assert "Autres courriels" in page and "Votre code pour" in page
    assert link.identifier not in page
    table = shown(cast, contract, "contract_told_table")
    assert table.count("Courriel à un contact") == 2


def told_of_lina(cast: Cast) -> None:
    """The pilots and who administers the landlord are told, once."""
    [event] = Event.objects.filter(kind="mail_not_delivered")
    assert event.payload["person"] == "Lina Aubrac"
    told = set(Notice.objects.filter(event=event).values_list("person", flat=True))
    assert told == {cast.pilote_ville.pk, cast.pilote_prefecture.pk, cast.bailleur_oh.pk}


def test_a_contact_whose_address_is_refused_is_not_said_to_be_on_the_way(cast: Cast) -> None:
    contract, post = asked(cast, refused={LINA: "550 5.1.1 no such mailbox"})
    assert post.asked.count(LINA) == 1, "it is not tried again"
    assert KeptMail.objects.get(contact__email=LINA).fate == Fate.REFUSED
    page = shown(cast, contract)
    assert "lien non reçu" in page and "refusé par le serveur de courriel" in page
    assert "pas encore ouvert" not in page
    told_of_lina(cast)


def test_a_contact_whose_mail_comes_back_neither(cast: Cast) -> None:
    contract, _post = asked(cast)
    assert "pas encore ouvert" in shown(cast, contract)
    link = GuestLink.objects.get()
    assert returns.take(report(identifier_of(link))) == 1
    page = shown(cast, contract)
    assert "lien non reçu" in page and "pas encore ouvert" not in page
    told_of_lina(cast)


def test_a_code_that_is_put_off_is_drawn_anew_and_kept_once(cast: Cast) -> None:
    asked(cast)
    link = GuestLink.objects.get()
    with mail_server() as post:
        post.at_data = ["451 4.3.0 try again"]
        guests_acts.ask_code(link.identifier)
        run_jobs()
        later()
    _first, second = (words(message).split("Votre code est ")[1][:6] for _to, message in post.received)
    assert guests_acts.enter(link.identifier, second).person is not None
    assert post.received[0][1]["Message-ID"] != post.received[1][1]["Message-ID"], (
        "another code, another mail"
    )
    codes = KeptMail.objects.filter(contact__email=LINA, subject__startswith="Votre code")
    assert [kept.fate for kept in codes] == [Fate.HANDED_OVER]
