"""Each verb tells somebody, or nobody, and says which: a new verb without its line fails here."""

from __future__ import annotations

import datetime as dt

import pytest

from workflow.news import concerned
from workflow.news.kinds import KINDS, TOLD
from workflow.news.rhythm import GATHERED, mail_at
from workflow.notices.models import MailChoice, Rhythm
from workflow.record.verbs import VERBS

# Of accounts, powers and the register: on no contract, told to the person by the mails of their rooms
# (workflow/powers/mails.py, workflow/accounts/mails.py).
OF_ACCOUNTS = {row.identifier for row in VERBS.values() if not (row.in_timeline or row.announced)} - {
    *(
        "task_opened",
        "draft_printed",
        "clause_changed",
        "signatory_empowered",
        "signature_progressed",
        "job_queued",
        "evidence_made",
        "evidence_taken",
    ),
}
OF_POWERS = {
    *("authority_recorded", "authority_ended", "absence_declared", "absence_ended", "grant_requested"),
    *(
        "grant_confirmed",
        "grant_refused",
        "grant_withdrawn",
        "power_ended",
        "rights_changed",
        "session_ended",
    ),
}
# Said on the page, mailed to nobody: the task that opens next says it better, or nobody waits for it.
ON_THE_PAGE = {
    *("task_taken", "draft_changed", "draft_printed", "clause_changed", "signatory_empowered"),
    *("draft_submitted", "version_printed", "opening_begun", "opening_dropped", "organisation_asked"),
    *("circuit_started", "resolution_published", "resolution_transmitted", "resolution_received"),
    *("holder_accepted", "signature_requested", "signature_progressed", "seal_delayed", "contact_added"),
    *("contact_removed", "guest_link_sent", "guest_entered", "job_queued", "job_retried", "transfer_ended"),
    *("standing_lost", "draft_imported", "initiative_recorded", "archive_renewed"),
    *("evidence_made", "evidence_taken"),
    *("organisation_provided", "organisation_declined"),  # their own mail: workflow/opening/requests.py
}
WHOM = {
    concerned.pilots: {
        *("opinion_given", "text_approved", "text_sent_back", "resolution_rejected", "resolution_amended"),
        *("resolution_voted", "resolution_adopted", "resolution_adjourned", "resolution_corrected"),
        *("holder_changed", "signature_made", "job_failed", "contribution_sent", "contribution_missing"),
        *("synthesis_sent", "synthesis_accepted", "synthesis_returned", "suggestion_made"),
        *("guest_link_reported", "launch_cleared"),
    },
    concerned.readers: {
        *("version_frozen", "final_text_settled", "contract_sealed", "contract_abandoned"),
        *("calendar_changed", "participants_changed", "signatories_changed"),
    },
    concerned.at_places: {"launch_held"},
    concerned.pilots_and_at_places: {"warnings_accepted"},
    concerned.asked: {"signature_refused", "version_recalled"},
    concerned.newly: {"standing_gained"},
    concerned.who_may_do: {"task_opened", "term_near", "term_passed", "task_reminded"},
    concerned.escalated: {"term_escalated"},
    concerned.of_the_term: {"term_extended", "opinion_presumed"},
    concerned.receiver: {"task_transferred"},
    concerned.named: {
        *("signature_failed", "suggestion_accepted", "suggestion_changed", "suggestion_declined"),
    },
    concerned.who_can_reach: {"mail_not_delivered"},
}


def test_each_verb_says_whom_it_tells() -> None:
    told = {verb: row.whom for verb, row in TOLD.items()}
    assert told == {verb: whom for whom, verbs in WHOM.items() for verb in verbs}
    assert set(VERBS) - set(TOLD) == OF_ACCOUNTS | OF_POWERS | ON_THE_PAGE
    assert set(TOLD) <= set(VERBS)


PARIS = dt.timezone(dt.timedelta(hours=1))
FRIDAY_EVENING = dt.datetime(2026, 12, 4, 18, tzinfo=PARIS)
MONDAY_AT_EIGHT = dt.datetime(2026, 12, 7, 8, tzinfo=PARIS)
AT_ONCE = FRIDAY_EVENING + GATHERED


@pytest.mark.parametrize(
    ("rhythm", "owed", "other"),
    [
        (Rhythm.USUAL, (AT_ONCE, False), (MONDAY_AT_EIGHT, True)),
        (Rhythm.AT_ONCE, (AT_ONCE, False), (AT_ONCE, False)),
        (Rhythm.DAILY, (MONDAY_AT_EIGHT, True), (MONDAY_AT_EIGHT, True)),
        (Rhythm.WEEKLY, (MONDAY_AT_EIGHT, True), (MONDAY_AT_EIGHT, True)),
        (Rhythm.OWED, (AT_ONCE, False), (None, False)),
    ],
)
def test_when_each_kind_is_mailed(
    rhythm: Rhythm, owed: tuple[dt.datetime, bool], other: tuple[dt.datetime | None, bool]
) -> None:
    choice = MailChoice(rhythm=rhythm, hour=8, weekday=0)
    for kind in KINDS.values():
        if kind.at_once:
            assert kind.is_owed
            assert mail_at(kind, choice, FRIDAY_EVENING) == (AT_ONCE, False), "a last reminder never waits"
            continue
        assert mail_at(kind, choice, FRIDAY_EVENING) == (owed if kind.is_owed else other), kind.code
        unwanted = MailChoice(rhythm=rhythm, hour=8, weekday=0, unwanted=[kind.code])
        said = mail_at(kind, unwanted, FRIDAY_EVENING)
        assert said == (owed if kind.is_owed else (None, False)), "what is owed is never switched off"


@pytest.mark.parametrize(
    ("now", "choice", "then"),
    [
        # before the hour, the same day; at it, the next
        ("2026-12-07T06:59+01:00", {}, "2026-12-07T08:00+01:00"),
        ("2026-12-07T08:00+01:00", {}, "2026-12-08T08:00+01:00"),
        # Easter Monday, 1 May, Christmas on a Friday
        ("2027-03-26T09:00+01:00", {}, "2027-03-30T08:00+02:00"),
        ("2026-04-30T09:00+02:00", {}, "2026-05-04T08:00+02:00"),
        ("2026-12-24T09:00+01:00", {}, "2026-12-28T08:00+01:00"),
        # the nights of the change of hour keep the hour of the wall
        ("2026-10-23T09:00+02:00", {}, "2026-10-26T08:00+01:00"),
        ("2027-03-26T07:00+01:00", {"hour": 20}, "2027-03-26T20:00+01:00"),
        # of the week: Thursday; Easter Monday goes to Tuesday
        ("2026-12-07T09:00+01:00", {"rhythm": Rhythm.WEEKLY, "weekday": 3}, "2026-12-10T08:00+01:00"),
        ("2027-03-23T09:00+01:00", {"rhythm": Rhythm.WEEKLY, "weekday": 0}, "2027-03-30T08:00+02:00"),
    ],
)
def test_a_gathered_mail_leaves_on_a_working_day(now: str, choice: dict[str, object], then: str) -> None:
    at, grouped = mail_at(KINDS["version"], MailChoice(**choice), dt.datetime.fromisoformat(now))
    assert (at, grouped) == (dt.datetime.fromisoformat(then), True)
