"""What the platform's administrators do about accounts: lost factors, changed addresses."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.models import Office, Role, User
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.signatures.device import Device
from workflow.record.models import JournalEntry

OLD, NEW = "ancienne@ville.example", "nouvelle@ville.example"


@pytest.fixture
def staff(cast: Cast) -> Client:
    return with_second_factor(cast.admin)


def test_whoever_lost_every_key_is_let_in_again(cast: Cast, staff: Client) -> None:
    Device(cast.prefete)
    Device(cast.maire)
    chosen = {"action": "forget_factors", "_selected_action": [cast.prefete.pk]}
    staff.post(reverse("admin:stakeholders_user_changelist"), chosen)
    assert not Authenticator.objects.filter(user=cast.prefete).exists()
    assert Authenticator.objects.filter(user=cast.maire).exists(), "the others keep theirs"
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.actor, entry.payload["person"]) == (
        "factors_forgotten",
        cast.admin,
        cast.prefete.pk,
    )
    client = Client()
    client.post(reverse("account_login"), {"login": cast.prefete.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(cast.prefete.pk)


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_administration_changes_a_password_by_the_door_that_counts_attempts(
    staff: Client, method: str
) -> None:
    answer = getattr(staff, method)(reverse("admin:password_change"), {"old_password": "faux"})
    assert answer.headers["Location"] == reverse("account_change_password")


def test_an_address_that_was_replaced_opens_nothing(cast: Cast, staff: Client) -> None:
    person = User.objects.create_user(OLD, PASSWORD, first_name="Nadia", last_name="Nouvelle")
    reset(OLD)
    assert [message.to for message in mail.outbox] == [[OLD]]
    page = staff.get(reverse("admin:stakeholders_user_change", args=[person.pk]))
    facts = {**page.context["adminform"].form.initial, "email": NEW.upper()}
    sent: dict[str, Any] = {name: facts[name] for name in ("first_name", "last_name", "email")}
    assert staff.post(reverse("admin:stakeholders_user_change", args=[person.pk]), sent).status_code == 302
    person.refresh_from_db()
    assert person.email == NEW
    mail.outbox.clear()
    reset(OLD)
    Client().post(reverse("account_request_login_code"), {"email": OLD})
    assert mail.outbox == []
    User.objects.filter(pk=person.pk).update(mailbox_held_until=timezone.now())
    reset(NEW)
    assert [message.to for message in mail.outbox] == [[NEW]], "once three days have passed"


def reset(address: str) -> None:
    Client().post(reverse("account_reset_password"), {"email": address})


def test_a_mandate_that_cannot_go_with_another_is_refused_in_the_form(cast: Cast, staff: Client) -> None:
    prefecture = cast.organisation("org-pref")
    pilot = Office.objects.create(organisation=prefecture, title="Second pilote", role=Role.PILOT)
    facts = {"office": pilot.pk, "starts_on": timezone.localdate().isoformat(), "act": ""}
    address = reverse("admin:stakeholders_mandate_add")
    refused = staff.post(address, {**facts, "person": cast.legalite.pk})
    assert refused.status_code == 200
    assert "contrôle de légalité" in refused.content.decode()
    assert not pilot.mandates.exists()
    assert staff.post(address, {**facts, "person": cast.outsider.pk}).status_code == 302
    assert pilot.mandates.get().person == cast.outsider
