"""The page after an act says what was recorded and what became of it, to whoever did it."""

from __future__ import annotations

from django.urls import reverse

from tests import plot
from tests.cast import Cast
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in


def test_after_an_opinion_its_author_finds_a_receipt_and_what_comes_next(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    author = plot.entitled(task)
    browser, address = logged_in(author), reverse("task", args=[contract.pk, task.pk])
    facts = {"value": "favourable_with_reservations", "reason": "Sous réserve du calendrier."}
    facts["version_sha256"] = plot.version(contract).content_sha256
    answer = browser.post(address, facts, follow=True)
    receipt = reverse("task_done", args=[contract.pk, task.pk])
    assert answer.redirect_chain == [(receipt, 302)]
    for page in (answer, browser.get(receipt)):
        shown = page.content.decode()
        assert "Votre avis sur la version 1 est rendu" in shown
        assert "Favorable avec réserves" in shown
        assert "Sous réserve du calendrier." in shown
        assert facts["version_sha256"] in shown
        assert "Et ensuite" in shown
        assert reverse("version_pdf", args=[contract.pk, 1]) in shown
    assert "Où en est chaque acteur" not in answer.content.decode(), "that is the pilots' page"
    for stranger in (cast.pilote_ville, cast.outsider):
        assert logged_in(stranger).get(receipt).status_code == 404


def test_each_opinion_has_its_own_receipt(cast: Cast) -> None:
    contract = plot.at_review(cast)
    first = plot.task(contract, "review", cast.organisation("org-oh"))
    author = plot.entitled(first)
    for waiting in plot.tasks(contract, "review"):
        plot.opine(contract, waiting, "changes_requested", "Trop court.")
    plot.draft_and_freeze(contract)
    second = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, second)
    browser = logged_in(author)
    shown = [
        browser.get(reverse("task_done", args=[contract.pk, task.pk])).context["act"]
        for task in (first, second)
    ]
    assert [(act.version.number, act.value) for act in shown] == [(1, "changes_requested"), (2, "favourable")]


def test_after_a_signature_the_page_follows_it_until_it_is_set_and_verified(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    task = plot.task(contract, "sign")
    browser = logged_in(cast.prefete)
    asked = browser.post(
        reverse("task", args=[contract.pk, task.pk]), plot.confirm(cast.prefete, contract), follow=True
    )
    receipt = reverse("task_done", args=[contract.pk, task.pk])
    assert asked.redirect_chain == [(receipt, 302)]
    before, claimed = asked.content.decode(), ("tient lieu de récépissé", "que vous avez signé")
    assert "Votre signature est demandée" in before
    assert not [words for words in claimed if words in before], "nothing is signed yet"
    run_jobs()
    moved = browser.get(receipt, headers={"HX-Request": "true"}).content.decode()
    assert "Votre signature est apposée et vérifiée" in moved
    assert [words for words in claimed if words in moved] == list(claimed)
    assert "<html" not in moved
    assert reverse("task_document", args=[contract.pk, task.pk]) in moved
    assert browser.get(reverse("task_document", args=[contract.pk, task.pk])).status_code == 200
    plot.record_resolution(contract)
    plot.sign_next(contract)
    assert reverse("result", args=[contract.pk]) in browser.get(receipt).content.decode()


def test_after_a_refusal_its_author_reads_it_again(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    task = plot.task(contract, "sign")
    answer = logged_in(cast.prefete).post(
        reverse("sign_refuse", args=[contract.pk, task.pk]), {"reason": "Une date est fausse."}, follow=True
    )
    shown = answer.content.decode()
    assert answer.redirect_chain == [(reverse("task_done", args=[contract.pk, task.pk]), 302)]
    assert "Vous avez refusé de signer" in shown
    assert "Une date est fausse." in shown


def test_a_draft_leaves_no_receipt(cast: Cast) -> None:
    contract = plot.at_review(cast)
    drafted = contract.circuit.process.task_set.filter(flow_task__endswith=".draft", owner=cast.pilote_ville)
    address = reverse("task_done", args=[contract.pk, drafted[0].pk])
    assert logged_in(cast.pilote_ville).get(address).status_code == 404
