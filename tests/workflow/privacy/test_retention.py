"""What is forgotten when its time has come, what is kept for ever, and what a person may take away."""

from __future__ import annotations

import datetime as dt
import json

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.imports import Kind, Line, Understood
from signatures import card
from signatures.models import CardSession, FailedConfirmation
from stakeholders.actions import deactivate
from stakeholders.models import User
from stakeholders.quotas import Spending
from tests import plot
from tests.cast import PASSWORD, Cast, small_contract
from tests.owner import untied
from workflow.drafting import imports
from workflow.opinions.models import Opinion, OpinionDraft
from workflow.privacy import jobs, retention
from workflow.privacy.closed_accounts import has_acted
from workflow.record import journal
from workflow.record.models import JournalEntry

LONG_AGO = timezone.now() - dt.timedelta(days=800)


def entered(person: User) -> Client:
    browser = Client()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def aged(*statements: str) -> None:
    """Have rows be as old as only a superuser can make them."""
    with untied(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, [LONG_AGO] * statement.count("%s"))


def test_what_is_old_goes_at_night_and_what_is_new_stays(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0])
    for person in (cast.maire, cast.dgs):
        entered(person)
        FailedConfirmation.objects.create(user=person)
        Spending.objects.create(key=str(person.pk))
        OpinionDraft.objects.create(author=person, contract=contract, reason="Un brouillon.")
    old = cast.maire.pk
    kept = Session.objects.order_by("expire_date").last()
    assert kept is not None
    aged(
        f"UPDATE signatures_failedconfirmation SET attempted_at = %s WHERE user_id = {old}",
        f"UPDATE stakeholders_spending SET at = %s WHERE key = '{old}'",
        f"UPDATE workflow_opiniondraft SET saved_at = %s WHERE author_id = {old}",
        f"UPDATE django_session SET expire_date = %s WHERE session_key <> '{kept.session_key}'",
    )
    finished = ProcrastinateJob.objects.filter(status="succeeded").count()
    assert finished
    aged("UPDATE procrastinate_events SET at = %s")
    opinions, entries = Opinion.objects.count(), JournalEntry.objects.count()
    jobs.forget_old_data(timestamp=0)
    assert list(FailedConfirmation.objects.values_list("user", flat=True)) == [cast.dgs.pk]
    assert list(Spending.objects.values_list("key", flat=True)) == [str(cast.dgs.pk)]
    assert list(OpinionDraft.objects.values_list("author", flat=True)) == [cast.dgs.pk]
    assert [row.session_key for row in Session.objects.all()] == [kept.session_key]
    assert not ProcrastinateJob.objects.filter(status="succeeded").exists()
    told = JournalEntry.objects.latest("number")
    assert (told.verb, told.payload["counts"]["tries"]) == ("data_forgotten", 1)
    assert (Opinion.objects.count(), JournalEntry.objects.count()) == (opinions, entries + 1)
    assert journal.first_break() is None
    assert retention.forget() == {}, "nothing is journaled for nothing"
    assert JournalEntry.objects.count() == entries + 1


def test_a_closed_account_that_did_nothing_is_made_anonymous_and_another_never(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0])
    author = Opinion.objects.get().author
    idle = User.objects.create_user("rene.passant@ville.example", first_name="René", last_name="Passant")
    with transaction.atomic():
        for person in (idle, author):
            deactivate(person, actor=cast.admin)
    assert (has_acted(idle), has_acted(author)) == (False, True)
    assert retention.forget() == {}, "not before its time"
    aged("UPDATE workflow_journalentry SET at = %s WHERE verb = 'account_closed'")
    assert retention.forget() == {"closed_accounts": 1}
    idle.refresh_from_db()
    assert "Passant" not in str(idle)
    assert "rene" not in idle.email
    assert not idle.has_usable_password()
    name = str(author)
    author.refresh_from_db()
    assert str(author) == name, "who gave an opinion is named for ever"


def test_the_page_tells_each_duration_to_everybody(client: Client, db: None) -> None:
    page = client.get(reverse("personal_data")).content.decode()
    for rule in retention.RULES:
        assert str(rule.what) in page
    assert set(settings.RETENTION_DAYS) == {rule.code for rule in retention.RULES}
    assert reverse("account_data") not in page


def test_what_signing_leaves_is_named_and_goes(cast: Cast, client: Client) -> None:
    """Each kind of row that tries leave: a card's conversation too, which tells when somebody signed."""
    card.ask(cast.maire)
    assert retention._tries(timezone.now()) == 0, "a code that may still serve stays"
    assert retention._tries(timezone.now() + 2 * card.LASTS) == 1
    assert not CardSession.objects.exists()
    page = client.get(reverse("personal_data")).content.decode()
    for named in ("Confirmations", "clés d’accès", "signature par carte", "service de signature"):
        assert named in page


def test_a_person_takes_their_own_away_and_nobody_else_s(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.tasks(contract, "review")[0]
    author = plot.entitled(waiting)
    plot.opine(contract, waiting)
    browser = Client()
    browser.post(reverse("account_login"), {"login": author.email, "password": PASSWORD})
    answer = browser.get(reverse("account_data"))
    told = json.loads(answer.content)
    assert told["account"]["email"] == author.email
    assert [row["value"] for row in told["opinions"]] == ["favourable"]
    assert "opinion_given" in [row["verb"] for row in told["journal"]]
    assert told["sessions"]
    others = [p.email for p in User.objects.exclude(pk=author.pk)]
    assert [email for email in others if email in answer.content.decode()] == []
    assert author.password not in answer.content.decode()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(entered(cast.outsider).get(reverse("account_data")).content)["opinions"] == []


def test_an_import_under_way_is_its_author_s_to_take_away(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    line = Line(kind=Kind.COMMITMENT, title="Ouvrir les parcs plus tard")
    imports.keep(cast.pilote_ville, contract, imports.Held(Understood([line]), name="projet.docx"), "0" * 64)
    [row] = json.loads(entered(cast.pilote_ville).get(reverse("account_data")).content)["imports_under_way"]
    assert (row["contract__reference"], row["name"]) == (contract.reference, "projet.docx")
    assert [each["title"] for each in row["lines"]] == ["Ouvrir les parcs plus tard"]
    colleague = json.loads(entered(cast.pilote_prefecture).get(reverse("account_data")).content)
    assert colleague["imports_under_way"] == []
