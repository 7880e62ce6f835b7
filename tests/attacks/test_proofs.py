"""Somebody who holds a signatory's mailbox, and nothing else, and wants to sign."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import means
from signatures.errors import ConfirmationRefused
from signatures.models import Confirmation, ProofMeans
from stakeholders.models import Organisation, User
from stakeholders.proofs import Proof
from tests import plot
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.codes import in_time
from tests.signatures.device import Device
from tests.stage import run_jobs
from tests.trust import trust
from workflow.record.models import JournalEntry

CHOSEN = "choisi depuis la messagerie"


class Mailbox:
    """All that the thief has: the prefect's mail; and what they do from there."""

    def __init__(self, cast: Cast, required: Proof) -> None:
        self.cast, self.victim, self.browser = cast, cast.prefete, Client()
        self.contract = plot.at_signing(cast)
        Organisation.objects.filter(pk=cast.organisation("org-pref").pk).update(signing_proof=required)
        self.where = [self.contract.pk, plot.task(self.contract, "sign").pk]
        self.document = plot.envelope(self.contract).current_sha256

    def resets_and_logs_in(self) -> None:
        self.browser.post(reverse("account_reset_password"), {"email": self.victim.email})
        run_jobs()
        letter = next(str(m.body) for m in reversed(mail.outbox) if m.to == [self.victim.email])
        link = next(word for word in letter.split() if "/compte/" in word and "#" in word)
        page = self.browser.post(reverse("account_reset_open"), {"code": link}, follow=True)
        chosen = {"password1": CHOSEN, "password2": CHOSEN}
        self.browser.post(page.redirect_chain[-1][0], chosen)
        self.logs_in(CHOSEN)

    def logs_in(self, password: str) -> None:
        self.browser.post(reverse("account_login"), {"login": self.victim.email, "password": password})
        assert self.browser.session["_auth_user_id"] == str(self.victim.pk)

    def enrols(self, password: str = CHOSEN) -> str:
        """Add an application of codes by the pages; return its secret."""
        self.browser.post(reverse("account_reauthenticate"), {"password": password})
        secret: str = self.browser.get(reverse("mfa_activate_totp")).context["form"].secret
        in_time(
            secret,
            lambda code: self.browser.post(reverse("mfa_activate_totp"), {"code": code}),
            accepted=lambda given: given.status_code == 302,
        )
        return secret

    def proves(self, **proof: Any) -> int:
        sent = {"document_sha256": self.document, **proof}
        return self.browser.post(reverse("sign_confirm", args=self.where), sent).status_code

    def proves_by_code(self, secret: str) -> int:
        status, _code = in_time(
            secret, lambda code: self.proves(code=code), accepted=lambda answer: answer == 200
        )
        return status

    def waiting(self) -> ProofMeans:
        return means.waiting().get(user=self.victim, authenticator__isnull=False)


def code_shown(answer: Any) -> str:
    found = re.search(r"<code>(\d{8})</code>", answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def administrator(cast: Cast) -> Client:
    """The prefecture's administrator, who has just said again who they are."""
    browser = Client()
    browser.post(reverse("account_login"), {"login": cast.dircab.email, "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


def test_a_mailbox_alone_does_not_pass_the_code_s_proof(cast: Cast) -> None:
    thief = Mailbox(cast, Proof.CODE)
    thief.resets_and_logs_in()
    secret = thief.enrols()
    assert thief.proves_by_code(secret) == 422
    page = thief.browser.get(reverse("task", args=thief.where)).content.decode()
    assert "Code de votre application" not in page
    assert "n’est pas encore confirmé" in page
    assert not Confirmation.objects.exists()
    entry = JournalEntry.objects.get(verb="factor_added")
    assert entry.payload["person"] == thief.victim.pk


def test_a_mailbox_alone_does_not_pass_the_passkey_s_proof(cast: Cast) -> None:
    thief = Mailbox(cast, Proof.PASSKEY)
    thief.resets_and_logs_in()
    device = Device(thief.victim, counts=False)
    ProofMeans.objects.create(user=thief.victim, authenticator=device.authenticator, since=timezone.now())
    asked = thief.browser.post(
        reverse("sign_challenge", args=thief.where), {"document_sha256": thief.document}
    )
    options = asked.json()["request_options"]
    assert options["publicKey"].get("allowCredentials", []) == [], "a key that does not count is not asked"
    assert thief.proves(credential=json.dumps(device.answer(options))) == 422
    assert not Confirmation.objects.exists()


def test_a_key_that_nobody_wrote_down_counts_for_nothing(cast: Cast) -> None:
    device = Device(cast.prefete, counts=False)
    assert not means.counting(cast.prefete, "webauthn")
    ProofMeans.objects.create(user=cast.prefete, authenticator=device.authenticator, since=timezone.now())
    assert not means.counting(cast.prefete, "webauthn")


def test_a_mailbox_alone_does_not_pass_the_password_s_proof_at_once(cast: Cast) -> None:
    thief = Mailbox(cast, Proof.PASSWORD)
    thief.resets_and_logs_in()
    assert thief.proves(password=CHOSEN) == 422
    assert not Confirmation.objects.exists()
    ProofMeans.objects.update(counts_from=timezone.now())
    assert thief.proves(password=CHOSEN) == 200, "a day later, everybody told"


def test_the_administrator_s_voice_confirms_what_the_prefect_added(cast: Cast) -> None:
    prefect = Mailbox(cast, Proof.CODE)
    prefect.logs_in(PASSWORD)
    secret = prefect.enrols(PASSWORD)
    desk, waiting = administrator(cast), prefect.waiting()
    page = desk.get(reverse("organisation", args=[cast.organisation("org-pref").pk])).content.decode()
    assert "Moyens de preuve à confirmer" in page
    code = code_shown(desk.post(reverse("means_code", args=[cast.organisation("org-pref").pk, waiting.pk])))
    run_jobs()
    assert not [m for m in mail.outbox if code in str(m.body)], "never by mail"
    sent = {"means": waiting.pk, "code": code}
    assert prefect.browser.post(reverse("account_means"), sent).status_code == 302
    assert prefect.proves_by_code(secret) == 200
    for verb, actor in (("proof_code_given", cast.dircab), ("proof_confirmed", cast.prefete)):
        assert JournalEntry.objects.get(verb=verb).actor == actor
    run_jobs()
    subjects = [m.subject for m in mail.outbox if m.to == [cast.prefete.email]]
    assert "[Contreseing] Un moyen de preuve est confirmé" in subjects
    assert prefect.browser.post(reverse("account_means"), sent).status_code == 422, "once"


def test_nobody_gives_a_code_to_themselves(cast: Cast) -> None:
    organisation = cast.organisation("org-pref")
    waiting = ProofMeans.objects.create(
        user=cast.dircab, authenticator=Device(cast.dircab, counts=False).authenticator, since=timezone.now()
    )
    browser = with_second_factor(cast.dircab)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert browser.post(reverse("means_code", args=[organisation.pk, waiting.pk])).status_code == 404
    with pytest.raises(ConfirmationRefused):
        means.give_code(waiting, cast.dircab)


def test_an_administrator_s_stolen_session_gives_no_code(cast: Cast) -> None:
    prefect = Mailbox(cast, Proof.CODE)
    prefect.logs_in(PASSWORD)
    prefect.enrols(PASSWORD)
    thief = Client()
    thief.post(reverse("account_login"), {"login": cast.dircab.email, "password": PASSWORD})
    address = reverse("means_code", args=[cast.organisation("org-pref").pk, prefect.waiting().pk])
    answer = thief.post(address)
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not JournalEntry.objects.filter(verb="proof_code_given").exists()


def test_a_code_is_not_guessed_nor_kept(cast: Cast) -> None:
    device = Device(cast.prefete, counts=False)
    waiting = ProofMeans.objects.create(
        user=cast.prefete, authenticator=device.authenticator, since=timezone.now()
    )
    code = means.give_code(waiting, cast.dircab)
    waiting.refresh_from_db()
    assert code not in waiting.code_hash
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _try in range(means.CODE_TRIES):
        with pytest.raises(ConfirmationRefused):
            means.confirm(cast.prefete, waiting.pk, wrong)
    with pytest.raises(ConfirmationRefused):
        means.confirm(cast.prefete, waiting.pk, code)
    late = means.give_code(waiting, cast.dircab)
    ProofMeans.objects.update(code_expires_at=timezone.now())
    with pytest.raises(ConfirmationRefused):
        means.confirm(cast.prefete, waiting.pk, late)
    with pytest.raises(ConfirmationRefused):
        means.confirm(cast.maire, waiting.pk, means.give_code(waiting, cast.dircab))
    assert not means.counting(cast.prefete, "webauthn")


def test_a_trusted_factor_vouches_for_another_after_a_day(cast: Cast) -> None:
    secret = str(generate_totp_secret())
    trusted = trust(TOTP.activate(cast.prefete, secret).instance)
    added = Device(cast.prefete, counts=False).authenticator
    kept = means.added(cast.prefete, added.pk, proved=[trusted.pk])
    assert not means.counting(cast.prefete, "webauthn"), "not at once"
    assert kept.counts_from is not None
    ProofMeans.objects.filter(pk=kept.pk).update(counts_from=timezone.now())
    assert means.counting(cast.prefete, "webauthn") == [added]
    third = Device(cast.prefete, counts=False).authenticator
    stranger = trust(Device(cast.maire).authenticator)
    assert means.added(cast.prefete, third.pk, proved=[stranger.pk]).counts_from is None


def test_what_was_confirmed_is_void_once_the_credentials_change(cast: Cast) -> None:
    prefect = Mailbox(cast, Proof.PASSWORD)
    prefect.logs_in(PASSWORD)
    assert prefect.proves(password=PASSWORD) == 200
    assert Confirmation.objects.filter(used_at=None).exists()
    facts = {"oldpassword": PASSWORD, "password1": CHOSEN, "password2": CHOSEN}
    prefect.browser.post(reverse("account_change_password"), facts)
    assert not Confirmation.objects.filter(used_at=None).exists()


def test_the_platform_gives_a_code_where_the_organisation_has_nobody_else(cast: Cast) -> None:
    waiting = ProofMeans.objects.create(
        user=cast.dircab, authenticator=Device(cast.dircab, counts=False).authenticator, since=timezone.now()
    )
    browser = with_second_factor(cast.admin)
    chosen = {"action": "give_code", "_selected_action": [waiting.pk]}
    code = code_shown(browser.post(reverse("admin:signatures_proofmeans_changelist"), chosen))
    means.confirm(cast.dircab, waiting.pk, code)
    assert [key.user for key in means.counting(cast.dircab, "webauthn")] == [cast.dircab]


def test_what_people_already_signed_with_goes_on_counting(cast: Cast) -> None:
    from importlib import import_module

    from django.apps import apps

    device = Device(cast.prefete, counts=False)
    import_module("signatures.migrations.0005_trust_the_means_already_there").trust(apps, None)
    assert means.counting(User.objects.get(pk=cast.prefete.pk), Authenticator.Type.WEBAUTHN) == [
        device.authenticator
    ]
