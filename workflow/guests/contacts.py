"""Naming whom an organisation wants asked: add, send again, remove."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import ENDED, Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for
from stakeholders.text import domain_of
from stakeholders.wording import moment
from workflow.engine.locks import locked
from workflow.engine.tasks import review_task
from workflow.guests import links
from workflow.guests.mails import record, send_link
from workflow.guests.models import Contact
from workflow.guests.shared_mailboxes import is_no_name, is_shared
from workflow.notices.allowances import allow
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.standing import parties

SENT_AGAIN_AFTER = dt.timedelta(minutes=15)


def add_contact(
    user: User,
    contract_id: int,
    organisation: Organisation,
    *,
    email: str,
    first_name: str,
    last_name: str,
    quality: str,
    civility: str = "",
) -> Contact:
    """Name a person to be asked for an organisation; mailed at once when its opinion is awaited.

    Raises NotAllowed, Locked once the contract is over, or Invalid naming the field. Under the
    process's lock: a review that opens meanwhile sees the contact, or is seen from here.
    """
    contract = Contract.objects.select_related("circuit").get(pk=contract_id)
    with locked(contract):
        mandate = links.naming(user, contract).get(organisation)
        if mandate is None:
            raise NotAllowed
        contract.refresh_from_db(fields=["status"])
        if contract.status in ENDED:
            raise Locked(_("Ce contrat est terminé : plus aucun avis n’y sera demandé."))
        _check_is_somebody(email, first_name, last_name, organisation)
        _check_address(email, organisation, mandate, contract)
        allow("contact", sender=user.pk, organisation=mandate.office.organisation_id, recipient=email)
        contact = _saved(
            Contact(
                contract=contract,
                organisation=organisation,
                email=email.lower(),
                civility=civility,
                first_name=first_name,
                last_name=last_name,
                quality=quality,
                added_by=user,
            )
        )
        record("contact_added", contact, actor=user, mandate=mandate)
        if (task := review_task(contract, organisation)) is not None:
            send_link(contact, task, actor=user, mandate=mandate)
    return contact


def _saved(contact: Contact) -> Contact:
    try:
        contact.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), "email") from error
    contact.save(force_insert=True)
    return contact


def _check_is_somebody(email: str, first_name: str, last_name: str, organisation: Organisation) -> None:
    """An opinion is somebody's: neither a mailbox that a service shares, nor a service for a name."""
    if is_no_name(first_name, last_name, organisation.name):
        raise Invalid(
            _("Indiquez le prénom et le nom d’une personne : c’est elle qui rendra l’avis, en son nom."),
            "first_name",
        )
    if is_shared(email, first_name, last_name):
        raise Invalid(
            _(
                "« %(address)s » semble être une boîte partagée : quiconque la lit pourrait rendre l’avis à "
                "la place de %(person)s. Indiquez une adresse nominative ; à défaut, demandez à "
                "l’organisation de lui en ouvrir une."
            )
            % {"address": email, "person": f"{first_name} {last_name}".strip()},
            "email",
        )


def _check_address(email: str, organisation: Organisation, mandate: Mandate, contract: Contract) -> None:
    """A pilot stays within the organisation's domain, and nobody who pilots speaks for somebody else."""
    domain, its_own = domain_of(email), organisation.email_domain.lower()
    names_its_own = mandate.office.organisation_id == organisation.pk
    if not its_own and not names_its_own:
        raise Invalid(
            _(
                "%(organisation)s n’a pas de domaine de messagerie enregistré : sans lui, n’importe quelle "
                "adresse pourrait répondre en son nom. Faites-le enregistrer par l’administration de la "
                "plateforme, ou demandez à l’organisation de désigner elle-même ce contact."
            )
            % {"organisation": organisation.name},
            "email",
        )
    if not names_its_own and domain != its_own and not domain.endswith(f".{its_own}"):
        raise Invalid(
            _(
                "Cette adresse n’est pas du domaine %(domain)s. Seule l’administration de l’organisation "
                "peut désigner une autre adresse."
            )
            % {"domain": its_own},
            "email",
        )
    person = User.objects.filter(email__iexact=email).first()
    if person and any(mandate_for(person, Power.DRAFT, pilot) for pilot in parties.pilots(contract)):
        raise Invalid(
            _(
                "Cette personne pilote le contrat : elle ne peut pas se prononcer "
                "pour une autre organisation."
            ),
            "email",
        )


@transaction.atomic
def send_again(contact_id: int, *, actor: User | None = None, mandate: Mandate | None = None) -> None:
    """Mail another link to a contact, to the same address; not twice within a quarter of an hour.

    Raises Locked when nothing is asked of them now, or too soon.
    """
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact_id)
    if not Contact.objects.reachable().filter(pk=contact.pk).exists():
        raise Locked(
            _("Cette adresse a été retirée ou a répondu « ce n’est pas moi » : elle ne reçoit plus rien.")
        )
    task = review_task(contact.contract, contact.organisation)
    if task is None:
        raise Locked(
            _(
                "Aucun avis n’est demandé à %(organisation)s en ce moment : "
                "un lien partira de lui-même quand il le sera."
            )
            % {"organisation": contact.organisation.name}
        )
    last = contact.links.order_by("-sent_at").first()
    if last is not None and last.sent_at + SENT_AGAIN_AFTER > timezone.now():
        raise Locked(
            _("L’envoi d’un lien a déjà été demandé le %(at)s. Un autre pourra partir après le %(then)s.")
            % {"at": moment(last.sent_at), "then": moment(last.sent_at + SENT_AGAIN_AFTER)}
        )
    allow("guest link", sender=actor.pk if actor else None, recipient=contact.email)
    send_link(contact, task, actor=actor, mandate=mandate)


@transaction.atomic
def remove_contact(user: User, contact_id: int, *, mandate: Mandate) -> None:
    """Stop asking a person: their links are void, and the mandate that they were given ends."""
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact_id)
    if contact.removed_at is not None:
        raise AlreadyDone
    contact.removed_at = timezone.now()
    contact.save(update_fields=["removed_at"])
    withdraw_guest_mandate(contact, actor=user)
    record("contact_removed", contact, actor=user, mandate=mandate)


def withdraw_guest_mandate(contact: Contact, *, actor: User | None) -> None:
    """Withdraw at once the mandate that a contact was given as a guest; their open pages close."""
    if contact.mandate is not None and contact.mandate.withdrawn_at is None:
        withdraw_mandate(contact.mandate, actor=actor)


def sent_to(address: str) -> str:
    """Return the sentence that says where another link goes."""
    return _("Un nouveau lien part vers %(address)s.") % {"address": address}
