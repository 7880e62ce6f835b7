"""A mail did not arrive: who can reach its reader by another way is told, once, by what is open to them.

Of a contract, by a notice. Of no contract (an invitation, somebody's account), by a mail to who administers
the organisation: no page of theirs would show it by itself. Of a mail that told just that, nobody is told.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.invitations import Invitation
from stakeholders.models import Mandate, Organisation, User
from stakeholders.wording import moment
from workflow.news.kinds import CONTACT
from workflow.notices import mail
from workflow.notices.models import KeptMail
from workflow.record import events

ONCE_IN = dt.timedelta(days=1)  # somebody whose mailbox is full asks for many codes


def tell(kept: KeptMail) -> None:
    """Tell who can reach the reader of a lost mail, in the transaction that says it is lost."""
    if kept.lost_id is not None:
        return
    notices = kept.notices.select_related("contract").order_by("pk")
    kinds = {notice.kind for notice in notices}
    if kinds == {CONTACT.code}:
        return
    spoken_of = {notice.contract: None for notice in notices if notice.kind != CONTACT.code}
    contracts = [kept.contract] if kept.contract is not None else [c for c in spoken_of if c is not None]
    for contract in contracts:
        _publish(kept, contract)
    if not contracts:
        _write(kept)


def _publish(kept: KeptMail, contract: Contract) -> None:
    facts: dict[str, Any] = {"how": kept.get_fate_display()}
    if kept.contact is not None:  # they have no account to be told by
        facts |= {"person": str(kept.contact), "organisation_id": kept.contact.organisation_id}
    else:
        facts |= {"person_id": kept.person_id, "person": str(kept.person)}
    events.publish("mail_not_delivered", contract, **facts)


def _write(kept: KeptMail) -> None:
    if kept.invitation is not None:
        if not Invitation.objects.pending().filter(pk=kept.invitation.pk).exists():
            return  # it was accepted, or given up: a copy that returns late changes nothing
        organisations = [kept.invitation.office.organisation]
        told = _administrators(organisations) | {kept.invitation.invited_by}
        name = kept.invitation.invited
        advice = _(
            "L’invitation ne peut donc pas être acceptée. Vérifiez l’adresse avec cette personne, annulez "
            "l’invitation, puis invitez-la de nouveau :"
        )
    else:
        since = timezone.now() - ONCE_IN
        if KeptMail.objects.filter(lost__person=kept.person_id, at__gt=since).exists():
            return
        theirs = kept.person.mandates.in_force() if kept.person is not None else Mandate.objects.none()
        organisations = list(Organisation.objects.filter(offices__mandates__in=theirs).distinct())
        told = _administrators(organisations)
        name = str(kept.person)
        advice = _("Prévenez cette personne par une autre voie, et vérifiez son adresse :")
    readers = {person for person in told if person.pk != kept.person_id and person.is_active}
    with translation.override(mail.LANGUAGE):
        for reader in sorted(readers or _platform(), key=lambda person: person.pk):
            _mail(kept, reader, name, advice, organisations)


def _administrators(organisations: list[Organisation]) -> set[User]:
    held = Mandate.objects.in_force().filter(
        Q(office__administers=True),
        office__organisation__in=organisations,
        limited_type=None,
        person__is_active=True,
    )
    return {mandate.person for mandate in held.select_related("person")}


def _platform() -> set[User]:
    return set(User.objects.filter(is_superuser=True, is_active=True))


def _mail(kept: KeptMail, reader: User, name: str, advice: str, organisations: list[Organisation]) -> None:
    facts = {
        "name": name,
        "address": kept.address,
        "how": kept.get_fate_display(),
        "subject": kept.subject,
        "at": moment(kept.at),
    }
    pages = [
        settings.PUBLIC_URL + reverse(_page_of(reader, organisation), args=[organisation.pk])
        for organisation in organisations
    ]
    said = [
        _("Bonjour %(name)s,") % {"name": reader},
        _("Un courriel n’a pas pu être remis à %(name)s, à l’adresse %(address)s : %(how)s.") % facts,
        _("Objet : « %(subject)s », le %(at)s.") % facts,
        "\n".join([advice, *pages]),
    ]
    mail.defer_mail(
        to=reader.email,
        subject=_("[Contreseing] Courriel non remis à %(name)s") % facts,
        body="\n\n".join(said) + "\n",
        person=reader,
        lost=kept,
    )


def _page_of(reader: User, organisation: Organisation) -> str:
    """Return the page where the reader sees who is invited to an organisation, and to what."""
    if reader in _administrators([organisation]) or not reader.acts_for_platform:
        return "organisation"
    return "platform_organisation"
