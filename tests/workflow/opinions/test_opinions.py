"""An opinion: its value, its reason, the exact text it speaks of."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.workflow.sockets import logged_in
from workflow.opinions import acts as opinions_acts
from workflow.opinions.models import Opinion, OpinionDraft
from workflow.procedures import recall
from workflow.record.refusals import AlreadyDone, Invalid, NewVersion


@pytest.mark.parametrize(
    "value", ["favourable_with_reservations", "changes_requested", "unfavourable", "no_opinion"]
)
def test_anything_but_favourable_says_why(cast: Cast, value: str) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    waiting = plot.tasks(contract, "review")[0]
    with pytest.raises(Invalid) as refused:
        plot.opine(contract, waiting, value, "   ")
    assert refused.value.field == "reason"
    opinion = plot.opine(contract, waiting, value, "Voici pourquoi.")
    assert opinion.version_sha256 == plot.version(contract).content_sha256
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():  # the database holds the rule too
        Opinion.objects.filter(pk=opinion.pk).update(reason="")


def test_who_gives_no_opinion_stops_nobody_and_an_unknown_one_is_refused(cast: Cast) -> None:
    contract = plot.at_review(cast)
    first, *others = plot.tasks(contract, "review")
    with pytest.raises(Invalid):
        plot.opine(contract, first, "silence", "rien")
    plot.opine(contract, first, "no_opinion", "Ne relève pas de nos missions.")
    for other in others:
        plot.opine(contract, other)
    assert plot.tasks(contract, "approve")


def test_a_form_opened_on_an_older_text_is_asked_to_read_again(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    old = plot.draft_and_freeze(contract)
    landlord, operator = plot.tasks(contract, "review")
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Un chiffre est faux.")
    contract.preamble = "Un autre préambule."
    contract.save(update_fields=["preamble"])
    plot.draft_and_freeze(contract)
    new = next(t for t in plot.tasks(contract, "review") if t.seed == landlord.seed)
    user = plot.entitled(new)
    with pytest.raises(NewVersion) as refused:
        opinions_acts.give_opinion(
            user, landlord.pk, value="favourable", reason="", version_sha256=old.content_sha256
        )
    assert refused.value.successor == new.pk
    with pytest.raises(NewVersion):
        opinions_acts.give_opinion(
            user, new.pk, value="favourable", reason="", version_sha256=old.content_sha256
        )
    assert not Opinion.objects.filter(version=plot.version(contract)).exists()


def test_what_is_typed_is_kept_until_the_opinion_is_given(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.tasks(contract, "review")[0]
    user = plot.entitled(waiting)
    opinions_acts.keep_opinion_draft(user, waiting.pk, value="unfavourable", reason="Je commence à")
    assert OpinionDraft.objects.get(author=user, contract=contract).reason == "Je commence à"
    plot.opine(contract, waiting)
    assert not OpinionDraft.objects.filter(author=user).exists()


def test_a_draft_that_comes_after_its_opinion_is_told_so_and_is_no_error(cast: Cast) -> None:
    """The page saves while one types: such a request may be overtaken by the opinion itself."""
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    address = reverse("opinion_draft", args=[contract.pk, waiting.pk])
    browser = logged_in(cast.bailleur_oh)
    with connection.cursor() as cursor:  # as if it had been kept before names were looked at
        cursor.execute(
            "UPDATE stakeholders_user SET last_name = '<b>Gourvennec</b>' WHERE id = %s",
            [cast.bailleur_oh.pk],
        )
    typed = {"value": "unfavourable", "reason": "Je commence à"}
    assert "Brouillon enregistré" in browser.post(address, typed).content.decode()
    plot.opine(contract, waiting)
    late = browser.post(address, typed)
    assert late.status_code == 200
    assert "déjà été traitée" in late.content.decode()
    assert "&lt;b&gt;Gourvennec" in late.content.decode(), "a name is no markup"
    assert "<b>" not in late.content.decode()
    assert not OpinionDraft.objects.exists()


def test_a_second_answer_says_that_it_is_done_and_by_whom(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.tasks(contract, "review")[0]
    user = plot.entitled(waiting)
    plot.opine(contract, waiting)
    with pytest.raises(AlreadyDone) as refused:
        opinions_acts.give_opinion(
            user,
            waiting.pk,
            value="favourable",
            reason="",
            version_sha256=plot.version(contract).content_sha256,
        )
    assert str(user) in refused.value.message


def test_the_database_refuses_two_opinions_on_one_version(cast: Cast) -> None:
    contract = plot.at_review(cast)
    opinion = plot.opine(contract, plot.tasks(contract, "review")[0])
    opinion.pk, opinion.at = None, timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        opinion.save(force_insert=True)
