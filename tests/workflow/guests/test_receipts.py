"""What a guest keeps of the opinion they gave: a receipt at once, as a file, and by mail."""

from __future__ import annotations

import html

from django.test import Client
from django.urls import reverse

from tests import plot
from tests.cast import Cast
from tests.invited import a_minute_later, at, confirmed, kept_asked, mailbox, text
from tests.workflow.sockets import logged_in
from workflow.notices.models import Fate, KeptMail
from workflow.opinions.models import Opinion
from workflow.opinions.receipts import receipt


def test_a_guest_who_answers_lands_on_the_receipt_and_gets_a_copy(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    browser = confirmed(link)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    sha256 = plot.version(contract).content_sha256
    facts = {"value": "favourable_with_reservations", "reason": "Le calendrier.", "version_sha256": sha256}
    answer = browser.post(reverse("task", args=[contract.pk, task.pk]), facts)
    given = Opinion.objects.get(version__contract=contract)
    assert answer.headers["Location"] == reverse("opinion_receipt", args=[contract.pk, given.pk])
    page = html.unescape(text(browser.get(answer.headers["Location"])))
    kept = browser.get(answer.headers["Location"], {"fichier": "1"})
    assert kept.headers["Content-Disposition"].startswith("attachment")
    copy = mailbox()[-1]
    assert "avis est enregistré" in copy.subject
    kept_copy = KeptMail.objects.get(person=given.author, contract=contract)
    assert (kept_copy.subject, kept_copy.body, kept_copy.fate) == (copy.subject, copy.body, Fate.HANDED_OVER)
    for said in (page, text(kept), copy.body):
        for fact in (
            "Lina Aubrac",
            "irectrice de la proximité",
            "Favorable avec réserves",
            "Le calendrier.",
            sha256,
        ):
            assert fact in said, (fact, said)
    told = reverse("contract_told", args=[contract.pk]), reverse("contract_told_table", args=[contract.pk])
    for address in told:
        assert str(copy.subject) in text(logged_in(cast.pilote_ville).get(address))
    a_minute_later(link)
    later = confirmed(link, Client())
    assert text(later.get(at(link, "guest_receipt"), {"fichier": "1"})) == text(kept)
    assert "Ce n’est pas moi" not in html.unescape(text(later.get(at(link))))


def test_an_officer_s_opinion_is_not_mailed_and_its_receipt_is_read_by_those_of_the_contract(
    cast: Cast,
) -> None:
    contract, _link = kept_asked(cast)
    mails = len(mailbox(cast.bailleur_oh.email))
    given = plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    address = reverse("opinion_receipt", args=[contract.pk, given.pk])
    assert len(mailbox(cast.bailleur_oh.email)) == mails
    assert receipt(given).splitlines()[0] == "Récépissé d’avis"
    assert logged_in(cast.pilote_ville).get(address).status_code == 200
    assert logged_in(cast.outsider).get(address).status_code == 404
    assert Client().get(address).status_code == 302
