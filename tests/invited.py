"""Guests in the play: named, mailed, and what they find in their mailbox."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.snapshots import once
from tests.stage import run_jobs
from workflow.guests import acts as guests_acts
from workflow.guests import contacts as guests_contacts
from workflow.guests.acts import CODE_AGAIN_AFTER
from workflow.guests.models import Contact, GuestLink

LINA = "lina.aubrac@orme-habitat.example"


def named(cast: Cast, contract: Contract, by: User | None = None, **facts: Any) -> Contact:
    """The city's pilot names Lina Aubrac for the landlord, or whoever ``facts`` say."""
    given = {
        "email": LINA,
        "first_name": "Lina",
        "last_name": "Aubrac",
        "quality": "Directrice de la proximité",
        **facts,
    }
    organisation = cast.organisation(given.pop("organisation", "org-oh"))
    return guests_contacts.add_contact(by or cast.pilote_ville, contract.pk, organisation, **given)


def asked(cast: Cast, reference: str = "CSI-00-2026-900", **facts: Any) -> tuple[Contract, GuestLink]:
    """Bring a contract to its reviews with one guest named; return it with the link that was mailed."""
    contract = plot.opened(small_contract(cast, reference))
    contact = named(cast, contract, **facts)
    plot.draft_and_freeze(contract)
    return contract, contact.links.get()


def kept_asked(cast: Cast) -> tuple[Contract, GuestLink]:
    """Return what ``asked`` makes, the mail sent; to be asked for first, see :func:`tests.snapshots.once`."""
    # into the outbox, whoever asks first: what went to a test's own server or folder is lost for the next
    with override_settings(MAIL_TRANSPORT={"backend": "django.core.mail.backends.locmem.EmailBackend"}):
        contract, link, sent = once("asked", lambda: (*asked(cast), list(mail.outbox)))
    mail.outbox.extend(sent)
    return contract, link


def mailbox(address: str = LINA) -> list[EmailMessage]:
    """Return the mails that this address received, oldest first, once the worker has sent them."""
    run_jobs()
    return [message for message in mail.outbox if message.to == [address]]


def link_in(message: EmailMessage) -> str:
    """Return the path of the link that a mail holds."""
    found = re.search(r"https?://[^/\s]+(/avis-demandes/[\w-]+/)", str(message.body))
    assert found is not None, message.body
    return found[1]


def code_in(message: EmailMessage) -> str:
    """Return the six digits that a mail holds."""
    found = re.search(r"\b(\d{6})\b", str(message.body))
    assert found is not None, message.body
    return found[1]


def a_minute_later(link: GuestLink) -> None:
    """Let the wait between two codes pass."""
    GuestLink.objects.filter(pk=link.pk, code_asked_at__isnull=False).update(
        code_asked_at=timezone.now() - CODE_AGAIN_AFTER
    )


def code_for(link: GuestLink) -> str:
    """Ask for a code and read it in the mailbox."""
    guests_acts.ask_code(link.identifier)
    return code_in(mailbox(link.contact.email)[-1])


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def at(link: GuestLink, name: str = "guest_link") -> str:
    """Return the address of one of the link's pages."""
    return reverse(name, args=[link.identifier])


def text(answer: Any) -> str:
    """Return what an answer says."""
    return str(answer.content.decode())


def confirmed(link: GuestLink, browser: Client | None = None) -> Client:
    """Go through the pages as Lina does: ask for a code, type it."""
    browser = browser or Client()
    browser.post(at(link, "guest_code_ask"))
    browser.post(at(link, "guest_code"), {"code": code_in(mailbox(link.contact.email)[-1])})
    return browser


def expire(link: GuestLink) -> None:
    """Let the link's fifteen days pass."""
    now = timezone.now()
    with as_owner():
        GuestLink.objects.filter(pk=link.pk).update(
            sent_at=now - dt.timedelta(days=16), expires_at=now - dt.timedelta(days=1)
        )
