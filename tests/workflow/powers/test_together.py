"""Several powers asked, then confirmed, with one proof of identity: each for itself."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import confirmations
from stakeholders.invitations import Invitation
from stakeholders.models import Grant, GrantState, Mandate, Office, Organisation, User
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.snapshots import again
from tests.workflow.powers.test_invitations import administrator
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.powers import acts, appointments, together
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import ActRefused, Locked

PAGE, DO = reverse("grants_together"), reverse("grants_together_do")


@pytest.fixture
def town(cast: Cast) -> Organisation:
    return cast.organisation("org-ville")


def office(town: Organisation, number: int, role: str = "validator") -> Office:
    return town.offices.create(title=f"Direction n° {number}", role=role)


def drafted(by: User, post: Office, email: str) -> Grant:
    """Invite somebody to an office of power, as the import of a list does."""
    facts = {"civility": "", "first_name": "A", "last_name": email.split("@")[0].title()}
    facts |= {"email": email, "starts_on": timezone.localdate(), "ends_on": None}  # type: ignore[dict-item]
    made = appointments.invite(by, post.organisation, office=post, quota="imported invitation", **facts)
    assert isinstance(made, Grant)
    return made


def ten(cast: Cast, town: Organisation) -> list[Grant]:
    return [drafted(cast.admin, office(town, n), f"a{n}@ville.example") for n in range(10)]


def ticked(grants: list[Grant], to_ask: bool = False) -> str:
    chosen = "&".join(f"choix={grant.pk}" for grant in grants)
    return f"?{'pour=demander&' if to_ask else ''}{chosen}"


def proof(grants: list[Grant], purpose: str, password: str = PASSWORD) -> dict[str, str]:
    return {"password": password, "document_sha256": together.fingerprint(grants, purpose)}


def asked(cast: Cast, grants: list[Grant]) -> None:
    for grant in grants:
        sha256 = grant.fingerprint(acts.ASK)
        token = confirmations.confirm(cast.admin, PASSWORD, document_sha256=sha256)
        acts.request_grant(cast.admin, grant.pk, confirmation=token)


def confirmed(browser: Client, grants: list[Grant]) -> Any:
    """Tick, prove and press the button; return the page that follows."""
    shown = browser.post(PAGE + ticked(grants), proof(grants, acts.CONFIRM))
    assert shown.status_code == 200, shown.content.decode()
    token = re.search(r'name="confirmation" value="([^"]+)"', shown.content.decode())
    assert token
    return browser.post(DO + ticked(grants), {"confirmation": token[1]}, follow=True)


def states(grants: list[Grant]) -> Counter[str]:
    return Counter(Grant.objects.filter(pk__in=[g.pk for g in grants]).values_list("state", flat=True))


def test_ten_are_asked_and_confirmed_with_one_proof_each(cast: Cast, town: Organisation) -> None:
    grants = ten(cast, town)
    staff, browser = with_second_factor(cast.admin), logged_in(administrator(town))
    assert f"{PAGE}?pour=demander" in staff.get(reverse("grants")).content.decode()
    sent = staff.post(PAGE + ticked(grants, True), proof(grants, acts.ASK), follow=True)
    assert "10 demandes sont envoyées" in sent.content.decode()
    assert states(grants) == {GrantState.REQUESTED: 10}
    listed = browser.get(PAGE).content.decode()
    assert listed.count('name="choix"') == 10
    assert "checked" not in listed, "each is ticked by hand"
    assert "document_sha256" not in listed, "no proof is asked for before something is ticked"
    page = confirmed(browser, grants).content.decode()
    assert "10 pouvoirs sont confirmés" in page
    assert states(grants) == {GrantState.CONFIRMED: 10}
    own = JournalEntry.objects.filter(verb="grant_confirmed", contract=None)
    assert {entry.payload["grant"] for entry in own} == {grant.pk for grant in grants}, "its own entry each"
    assert all(Grant.objects.get(pk=g.pk).may_act_from for g in grants), "the delay before signing stays"
    assert Invitation.objects.filter(grant__in=grants).count() == 10
    assert journal.first_break() is None


def test_one_that_cannot_be_stops_no_other_and_says_why(cast: Cast, town: Organisation) -> None:
    grants = [
        drafted(cast.admin, office(town, 1), "a1@ville.example"),
        drafted(cast.admin, office(town, 2), "a2@ville.example"),
        drafted(cast.admin, office(town, 3, role="validator"), cast.legalite.email),
    ]
    asked(cast, grants)
    browser = logged_in(administrator(town))
    listed = browser.get(PAGE + ticked(grants)).content.decode()
    assert "Le contrôle de légalité ne peut être tenu" in listed
    assert re.search(rf'value="{grants[2].pk}"[^>]*disabled', listed)
    shown = browser.post(PAGE + ticked(grants), proof(grants[:2], acts.CONFIRM)).content.decode()
    token = re.search(r'name="confirmation" value="([^"]+)"', shown)
    assert token
    acts.withdraw_grant(cast.admin, grants[0].pk)  # while the button is on the screen
    done = browser.post(DO + ticked(grants[:2]), {"confirmation": token[1]}, follow=True).content.decode()
    assert "Cette demande a été retirée" in done
    assert "1 pouvoir est confirmé" in done
    assert [Grant.objects.get(pk=g.pk).state for g in grants] == ["withdrawn", "confirmed", "requested"]


def test_two_of_one_list_that_do_not_go_together_say_so(cast: Cast, town: Organisation) -> None:
    post = office(town, 1)
    grants = [drafted(cast.admin, post, "a1@ville.example"), drafted(cast.admin, post, "a2@ville.example")]
    asked(cast, grants)
    browser = logged_in(administrator(town))
    page = browser.get(PAGE + ticked(grants)).content.decode()
    assert "Une autre ligne donne déjà cette fonction" in page
    assert together.fingerprint(grants[:1], acts.CONFIRM) in page


def test_the_proof_is_of_what_was_ticked_and_serves_once(cast: Cast, town: Organisation) -> None:
    grants = [drafted(cast.admin, office(town, n), f"a{n}@ville.example") for n in range(3)]
    asked(cast, grants)
    who = administrator(town)
    browser = logged_in(who)
    assert browser.post(PAGE + ticked(grants), proof(grants, acts.CONFIRM, "faux")).status_code == 422
    assert browser.post(PAGE + ticked(grants), proof(grants[:2], acts.CONFIRM)).status_code == 409
    sha256 = together.fingerprint(grants[:2], acts.CONFIRM)
    token = confirmations.confirm(who, PASSWORD, document_sha256=sha256)
    widened = browser.post(DO + ticked(grants), {"confirmation": token})
    assert widened.status_code == 409
    assert states(grants) == {GrantState.REQUESTED: 3}
    keys = [grant.pk for grant in grants[:2]]
    together.do(who, acts.CONFIRM, keys, confirmation=token)
    with pytest.raises(Locked):
        together.do(who, acts.CONFIRM, keys, confirmation=token)


def test_nobody_confirms_together_what_they_may_not_alone(cast: Cast, town: Organisation) -> None:
    grants = [drafted(cast.admin, office(town, n), f"a{n}@ville.example") for n in range(2)]
    asked(cast, grants)
    for person in (cast.admin, cast.outsider, cast.pilote_ville):
        browser = logged_in(person)
        assert 'name="choix"' not in browser.get(PAGE + ticked(grants)).content.decode()
        assert browser.post(PAGE + ticked(grants), proof(grants, acts.CONFIRM)).status_code == 409
        token = confirmations.confirm(
            person, PASSWORD, document_sha256=together.fingerprint(grants, acts.CONFIRM)
        )
        done = together.do(person, acts.CONFIRM, [g.pk for g in grants], confirmation=token)
        assert all(outcome.refusal for outcome in done)
    assert states(grants) == {GrantState.REQUESTED: 2}
    assert browser.get(f"{PAGE}?choix=²&choix={'9' * 40}&choix=x&choix=").status_code == 200


@pytest.mark.race
def test_two_administrators_who_confirm_one_list_at_once_give_each_power_once(
    cast: Cast, town: Organisation
) -> None:
    second = town.offices.create(title="Secrétariat général", role="contributor", administers=True)
    Mandate.objects.create(person=cast.greffe, office=second, starts_on=timezone.localdate())
    grants = [drafted(cast.admin, office(town, n), f"a{n}@ville.example") for n in range(4)]
    asked(cast, grants)
    keys, sha256 = [g.pk for g in grants], together.fingerprint(grants, acts.CONFIRM)
    people = (administrator(town), cast.greffe)
    for _turn in again(6):
        tokens = [confirmations.confirm(one, PASSWORD, document_sha256=sha256) for one in people]
        outcomes: list[together.Outcome] = []

        def confirm(one: User, token: str, kept: list[together.Outcome] = outcomes) -> None:
            kept += together.do(one, acts.CONFIRM, keys, confirmation=token)

        assert at_once(
            lambda: confirm(people[0], tokens[0]),  # noqa: B023 (done before the next turn)
            lambda: confirm(people[1], tokens[1]),  # noqa: B023
        ) == ["done", "done"]
        given = [outcome for outcome in outcomes if not outcome.refusal]
        assert sorted(outcome.grant.pk for outcome in given) == sorted(keys)
        late = [outcome.refusal for outcome in outcomes if outcome.refusal]
        assert len(late) == 4
        assert all("déjà confirmé" in said for said in late)
        assert Invitation.objects.filter(grant__in=keys).count() == 4
        assert journal.first_break() is None


def test_a_list_that_was_settled_by_somebody_else_is_told_line_by_line(
    cast: Cast, town: Organisation
) -> None:
    grants = [drafted(cast.admin, office(town, n), f"a{n}@ville.example") for n in range(2)]
    asked(cast, grants)
    who = administrator(town)
    sha256 = together.fingerprint(grants, acts.CONFIRM)
    token = confirmations.confirm(who, PASSWORD, document_sha256=sha256)
    acts.refuse_grant(who, grants[0].pk, reason="Pas elle.")
    told = together.do(who, acts.CONFIRM, [g.pk for g in grants], confirmation=token)
    assert ["a été refusée" in outcome.refusal for outcome in told] == [True, False]
    with pytest.raises(ActRefused):
        acts.confirm_grant(who, grants[1].pk, confirmation=token)
