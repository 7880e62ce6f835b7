"""Who is asked without an account: whom they answer to, what a link is worth now. No writes here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from contracts.canonical import concerning
from contracts.models import Contract, ContractVersion, Part, Status
from stakeholders.kinds import Side
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandates_in_force
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_once
from workflow.engine.tasks import review_task
from workflow.guests.models import Contact, GuestLink
from workflow.notices.models import KeptMail
from workflow.opinions.models import Opinion, Silence
from workflow.opinions.silence import silences_on
from workflow.standing import parties


class State(StrEnum):
    """What a link is worth at this moment."""

    REPORTED = "reported"
    REMOVED = "removed"
    ANSWERED = "answered"
    SUPERSEDED = "superseded"
    SILENT = "silent"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"
    OPEN = "open"


# For these a code is mailed: to act, or to read the receipt.
WORTH_A_CODE = frozenset({State.OPEN, State.ANSWERED})


# For these another link is mailed, to the same address.
RENEWABLE = frozenset({State.EXPIRED, State.SUPERSEDED})


def link_named(identifier: str) -> GuestLink:
    """Return the link of that address; Http404 when there is none."""
    link = (
        GuestLink.objects.select_related("contact__contract", "contact__organisation", "version")
        .filter(identifier=identifier)
        .first()
    )
    if link is None:
        raise Http404
    return link


def state_of(link: GuestLink) -> State:
    """Say what the link is worth now; nothing of it is stored twice."""
    contact = link.contact
    if contact.links.filter(reported_at__isnull=False).exists():
        return State.REPORTED
    if contact.removed_at is not None:
        return State.REMOVED
    if answer_to(link) is not None:
        return State.ANSWERED
    if contact.contract.status == Status.ABANDONED:
        return State.GIVEN_UP
    if link.version != contact.contract.latest_version or link.version.recalls.exists():
        return State.SUPERSEDED
    if silence_on(link) is not None:
        return State.SILENT
    return State.EXPIRED if link.expires_at <= timezone.now() else State.OPEN


def answer_to(link: GuestLink) -> Opinion | None:
    """Return the opinion that the organisation gave on the link's version, whoever gave it."""
    return (
        Opinion.objects.select_related("author", "mandate__office__organisation", "version__contract")
        .filter(version=link.version, organisation=link.contact.organisation)
        .first()
    )


def silence_on(link: GuestLink) -> Silence | None:
    """Return the silence of the organisation on the link's version, where that counts."""
    return Silence.objects.filter(version=link.version, organisation=link.contact.organisation).first()


def asker(contract: Contract) -> Organisation:
    """Return who asks: the city, which runs the circuit."""
    return parties.pilot(contract, Part.CITY_PILOT)


def title_of_asker(version: ContractVersion) -> str:
    """Return the office by which whoever froze the version pilots the contract, today; else nothing."""
    mandate = parties.mandate_to_pilot(version.frozen_by, version.contract)
    return mandate.office.title if mandate else ""


def led(version: ContractVersion, organisation: Organisation) -> list[str]:
    """Return the commitments of the frozen text that the organisation leads: « 4.1 Sécuriser les halls »."""
    return concerning(version.content, organisation.pk)


def address_of(link: GuestLink) -> str:
    """Return the link as it is mailed."""
    return settings.PUBLIC_URL + reverse("guest_link", args=[link.identifier])


def is_the_contact(person: object, link: GuestLink) -> bool:
    """Whether the person who has logged in is the one whom the link names."""
    return isinstance(person, User) and person.email.lower() == link.contact.email.lower()


def naming(person: User, contract: Contract) -> dict[Organisation, Mandate]:
    """Return the organisations whose contacts the person may name, each with the mandate by which.

    An organisation's administrator names its own. The pilots name those of partners only:
    no pilot chooses who speaks for the judicial authority or for another public service.
    """
    if not hasattr(contract, "circuit"):
        return {}
    piloting = parties.mandate_to_pilot(person, contract)
    administered = {
        m.office.organisation_id: m
        for m in mandates_in_force(person)
        if m.office.administers and m.covers(contract)
    }
    reviewers = [row.organisation for row in parties.taking_part(contract) if row.part == Part.REVIEWER]
    named: dict[Organisation, Mandate] = {}
    for organisation in reviewers:
        mandate = administered.get(organisation.pk)
        if mandate is None and organisation.side == Side.PARTNER:
            mandate = piloting
        if mandate is not None:
            named[organisation] = mandate
    return named


def contact_for(person: User, contract: Contract, contact_id: int) -> Contact:
    """Return a kept contact of an organisation for which the person may name; else Http404."""
    contact = (
        Contact.objects.kept()
        .select_related("organisation", "contract")
        .filter(pk=contact_id, contract=contract, organisation__in=naming(person, contract))
        .first()
    )
    if contact is None:
        raise Http404
    return contact


@dataclass
class Named:
    """One contact as the page of contacts shows them, with what became of the last link.

    A link counts as opened once its reader asked for a code: whoever only loads its page may be a scanner.
    ``opinion`` is the organisation's on the last version, whoever gave it.
    """

    contact: Contact
    last: GuestLink | None
    reported: GuestLink | None
    opinion: Opinion | None
    asked: bool
    is_silent: bool = False

    @property
    def opened_at(self) -> dt.datetime | None:
        """When the reader of the last link asked for a code, the last time."""
        return self.last.code_asked_at if self.last else None

    @property
    def lost(self) -> KeptMail | None:
        """The mail of the last link, where it did not reach its reader."""
        mail = self.last.mail if self.last else None
        return mail if mail is not None and mail.is_lost else None

    @property
    def is_theirs(self) -> bool:
        """Whether the opinion is the contact's own, and not a colleague's."""
        return self.opinion is not None and self.opinion.author.email.lower() == self.contact.email.lower()


def named_contacts(contract: Contract, organisations: list[Organisation]) -> list[Named]:
    """Return the kept contacts of these organisations, each with where they stand."""
    contacts = (
        Contact.objects.kept()
        .filter(contract=contract, organisation__in=organisations)
        .select_related("organisation")
        .prefetch_related(
            Prefetch("links", GuestLink.objects.select_related("mail").order_by("-sent_at", "-pk"))
        )
    )
    given = Opinion.objects.filter(version=contract.latest_version).select_related("author")
    opinions = {opinion.organisation_id: opinion for opinion in given}
    silent = {row.organisation_id for row in silences_on(contract.latest_version)}
    asked = {
        organisation.pk for organisation in organisations if review_task(contract, organisation) is not None
    }
    return [
        Named(
            contact,
            last=next(iter(contact.links.all()), None),
            reported=next((link for link in contact.links.all() if link.reported_at), None),
            opinion=opinions.get(contact.organisation_id),
            asked=contact.organisation_id in asked,
            is_silent=contact.organisation_id in silent,
        )
        for contact in contacts
    ]


def wrong_contacts(contract: Contract, organisations: Iterable[Organisation]) -> list[Contact]:
    """Return the kept contacts of these organisations who answered « ce n’est pas moi »."""
    theirs = {organisation.pk for organisation in organisations}
    return [contact for contact in _reported(contract) if contact.organisation_id in theirs]


@asked_once
def _reported(contract: Contract) -> list[Contact]:
    return _REPORTED.rows(contract.pk)


_REPORTED: Prepared[Contact] = Prepared(
    lambda contract: (
        Contact.objects.kept()
        .filter(contract=contract, links__reported_at__isnull=False)
        .select_related("organisation")
        .distinct()
    ),
    MARKER,
)
