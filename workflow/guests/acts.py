"""What a guest does from the mail: ask for a code, confirm, renew the link, say « ce n’est pas moi »."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from stakeholders.actions import appoint
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Organisation, Role, User
from stakeholders.permissions import mandates_in_force
from stakeholders.quotas import QUOTAS
from stakeholders.security_events import Name, tell
from workflow.engine.tasks import Task, review_task
from workflow.guests import links
from workflow.guests.contacts import send_again, withdraw_guest_mandate
from workflow.guests.links import State
from workflow.guests.mails import CODE_TRIES, code_hash, defer_code, record
from workflow.guests.models import Contact, GuestLink
from workflow.notices.allowances import allow
from workflow.record import events
from workflow.record.refusals import AlreadyDone, Invalid, Locked

CODE_AGAIN_AFTER = dt.timedelta(minutes=1)
CODES_A_LINK = QUOTAS["guest code"]["link"].hour
CODES_AN_ADDRESS = QUOTAS["guest code"]["recipient"].day
MANDATE_LASTS = dt.timedelta(days=180)


@dataclass
class Entry:
    """What a right code opens: the task for ``person``, or the receipt when all is answered."""

    person: User | None = None
    task: Task | None = None
    mandate: Mandate | None = None

    @property
    def by_login(self) -> bool:
        """Whether the code opens nothing here: the platform's administrators log in, whoever names them.

        Anybody else's opens the guest's mandate alone, through the second factor that the account has:
        less than the mailed code of the log-in page, which opens all of it.
        """
        return self.person is not None and self.person.is_staff


def ask_code(identifier: str) -> None:
    """Have a code mailed to the link's address; raises Locked when the link is worth none, or too often."""
    with transaction.atomic():
        link = _locked(identifier)
        if links.state_of(link) not in links.WORTH_A_CODE:
            raise Locked(_("Ce lien ne permet plus de recevoir un code : relisez ce qu’en dit sa page."))
        now = timezone.now()
        if link.code_asked_at is not None and link.code_asked_at + CODE_AGAIN_AFTER > now:
            raise Locked(
                _("Un code vient de vous être envoyé. Attendez une minute avant d’en demander un autre.")
            )
        allow("guest code", link=link.pk, recipient=link.contact.email)
        link.code_asked_at = now
        link.save(update_fields=["code_asked_at"])
        defer_code(link)


def enter(identifier: str, code: str) -> Entry:
    """Check a code; on success make the account and the mandate where they are missing, once.

    A wrong, a stale and a used code get the same Invalid. Each try counts, and the fifth
    voids the code. Raises Locked when the link is worth nothing any more.
    """
    with transaction.atomic():
        link = _locked(identifier)
        state = links.state_of(link)
        if state not in links.WORTH_A_CODE:
            raise Locked(_("Ce lien ne permet plus d’entrer : relisez ce qu’en dit sa page."))
        right = constant_time_compare(code_hash(link, code), link.code_hash)
        fresh = link.code_expires_at is not None and link.code_expires_at > timezone.now()
        good = right and fresh and link.code_tries < CODE_TRIES
        link.code_tries = min(link.code_tries + 1, CODE_TRIES)
        link.code_hash = "" if good else link.code_hash
        link.save(update_fields=["code_tries", "code_hash"])
        entry = _welcome(link, state) if good else None
    if entry is None:
        tell(Name.CODE_REFUSED, form="guest", link=link.pk)
        raise Invalid(
            _(
                "Ce code n’est pas valable. Vérifiez les six chiffres du dernier courriel reçu, "
                "ou demandez un autre code."
            ),
            "code",
        )
    return entry


def _locked(identifier: str) -> GuestLink:
    """Return the link, its row and its contact's locked: two tabs pass here one after the other."""
    pk = links.link_named(identifier).pk
    return (
        GuestLink.objects.select_for_update(no_key=True, of=("self", "contact"))
        .select_related("contact__contract", "contact__organisation", "version")
        .get(pk=pk)
    )


def _welcome(link: GuestLink, state: State) -> Entry:
    contact = link.contact
    if state == State.ANSWERED:
        return Entry()
    person, made = _account(contact)
    mandate = _mandate(contact, person)
    facts = record(
        "guest_entered",
        contact,
        actor=person,
        mandate=mandate,
        version=link.version.number,
        account_made=made,
    )
    events.publish("guest_entered", contact.contract, actor=person, **facts)
    return Entry(person, review_task(contact.contract, contact.organisation), mandate)


def _account(contact: Contact) -> tuple[User, bool]:
    """Return the account of the contact's address, and whether it was made here."""
    try:
        with transaction.atomic():
            made = User.objects.filter(email__iexact=contact.email).first() is None
            if made:
                names = {name: getattr(contact, name) for name in ("civility", "first_name", "last_name")}
                User.objects.create_user(contact.email, None, **names)
    except IntegrityError:  # another of this person's links was confirmed at the same moment
        made = False
    person = User.objects.get(email__iexact=contact.email)
    if not person.is_active:
        raise Locked(
            _(
                "Le compte de cette adresse est fermé. "
                "Adressez-vous à l’organisation qui vous a transmis la demande."
            )
        )
    return person, made


def _mandate(contact: Contact, person: User) -> Mandate:
    """Return the mandate limited to the contract by which the person answers; give one only if none is.

    Beside an office that the person holds, too: a session that a code opened counts no mandate without a
    limit. The organisation's row is locked: two links of one person pass here one after the other.
    """
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=contact.organisation_id)
    for held in mandates_in_force(person):
        limited = held.limited_type_id is not None and held.covers(contact.contract)
        if limited and held.office.organisation_id == organisation.pk and Power.REVIEW in held.office.powers:
            return held
    today = timezone.localdate()
    try:
        mandate = appoint(
            person,
            _office(contact, organisation, person),
            starts_on=today,
            ends_on=today + MANDATE_LASTS,
            act=_("invité à se prononcer sur %(reference)s") % {"reference": contact.contract.reference},
            limited_to=contact.contract,
            actor=contact.added_by,
        )
    except ValidationError as error:  # an office that cannot go with another that the person holds
        raise Locked(" ".join(error.messages)) from error
    contact.mandate = mandate
    contact.save(update_fields=["mandate"])
    return mandate


def _office(contact: Contact, organisation: Organisation, person: User) -> Office:
    """Return an office that gives opinions and nothing more, under the contact's own title if it is free.

    An office that exists under that title may sign, administer or be somebody else's: a
    guest never slips into it.
    """
    longest = Office._meta.get_field("title").max_length
    for title in (contact.quality, f"{contact.quality[:60]} ({contact.email})"[:longest]):
        office = Office.objects.filter(organisation=organisation, title=title).first()
        if office is None:
            return Office.objects.create(organisation=organisation, title=title, role=Role.REVIEWER)
        is_a_guests = office.role == Role.REVIEWER and not office.administers
        if is_a_guests and not office.mandates.exclude(person=person, limited_type__isnull=False).exists():
            return office
    raise Locked(
        _("La fonction indiquée existe déjà dans l’organisation : demandez un mandat à son administration.")
    )


def renew(identifier: str) -> None:
    """Mail another link to the address of one that expired or speaks of an older text."""
    link = links.link_named(identifier)
    if links.state_of(link) not in links.RENEWABLE:
        raise Locked(_("Ce lien ne se renouvelle pas : relisez ce qu’en dit sa page."))
    send_again(link.contact_id)


@transaction.atomic
def report(identifier: str, *, reason: str) -> None:
    """Somebody says « ce n’est pas moi »: the link and the mandate it gave are void, the pilots told.

    Raises AlreadyDone the second time.
    """
    link = _locked(identifier)
    if link.reported_at is not None:
        raise AlreadyDone
    contact = link.contact
    allow("guest report", recipient=contact.email)
    link.reported_at, link.report, link.code_hash = timezone.now(), reason.strip(), ""
    link.save(update_fields=["reported_at", "report", "code_hash"])
    withdraw_guest_mandate(contact, actor=None)
    facts = record("guest_link_reported", contact, actor=None, version=link.version.number)
    events.publish("guest_link_reported", contact.contract, **facts)
