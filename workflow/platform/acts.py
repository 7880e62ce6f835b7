"""The platform's administrator: organisations, their offices, a second administrator. Each is journaled.

None gives anybody a power: an office is nobody's until a mandate, which two people give (ADR 0017).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from signatures.models import ProofMeans
from stakeholders import account_actions
from stakeholders.models import Office, Organisation, User
from stakeholders.permissions import establish_organisation
from workflow.proofs import acts as proofs_acts
from workflow.record import journal
from workflow.record.refusals import Invalid, NotAllowed

DESCRIBED = ("name", "short_name", "article", "siret", "territory", "communes", "email_domain")


def establish(actor: User, *, code: str = "", **facts: Any) -> Organisation:
    """Create an organisation, without an office; ``facts`` are DESCRIBED and ``kind``.

    Without a ``code``, one is made of its names. Raises Invalid where another has its code or its SIRET.
    """
    acts_for_platform(actor)
    try:
        with transaction.atomic():
            made = establish_organisation(
                code=code or code_for(facts["short_name"], facts["territory"]), **facts
            )
            record("organisation_established", actor, organisation=made.pk, name=made.name, kind=made.kind)
            return made
    except IntegrityError as error:
        raise Invalid(_("Une organisation porte déjà ce SIRET ou ce code : ouvrez sa fiche.")) from error


@transaction.atomic
def describe(actor: User, organisation: Organisation, **facts: Any) -> Organisation:
    """Correct what is said of an organisation, of which kind and code are settled; nothing for no change."""
    acts_for_platform(actor)
    found: Organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    changed = [name for name in DESCRIBED if name in facts and facts[name] != getattr(found, name)]
    if not changed:
        return found
    before = {name: getattr(found, name) for name in changed}
    for name in changed:
        setattr(found, name, facts[name])
    try:
        with transaction.atomic():
            found.save(update_fields=changed)
    except IntegrityError as error:
        raise Invalid(_("Une autre organisation porte déjà ce SIRET : ouvrez sa fiche."), "siret") from error
    said = {"before": before, "after": {name: facts[name] for name in changed}}
    record("organisation_described", actor, organisation=found.pk, name=found.name, changed=changed, **said)
    return found


@transaction.atomic
def add_office(
    actor: User, organisation: Organisation, *, title: str, role: str, administers: bool = False
) -> Office:
    """Create an office that nobody holds yet; raises Invalid for a title that the organisation has."""
    acts_for_platform(actor)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    office = Office(organisation=organisation, title=title, role=role, administers=administers)
    try:
        office.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), "title") from error
    office.save(force_insert=True)
    record("office_added", actor, office=str(office), role=role, administers=administers)
    return office


@transaction.atomic
def add_administrator(
    actor: User, *, email: str, civility: str, first_name: str, last_name: str
) -> tuple[User, bool]:
    """Let a colleague into the platform's administration; return them, and whether an account was opened.

    The caller asks the actor for a fresh second factor, and mails a new account's owner the link by
    which they choose a password. Raises Invalid for who administers already, or whose account is closed.
    """
    acts_for_platform(actor)
    person = User.objects.filter(email__iexact=email).first()
    opened = person is None
    if person is None:
        person = User(
            email=User.objects.normalize_email(email),
            civility=civility,
            first_name=first_name,
            last_name=last_name,
        )
        try:
            account_actions.open_account(person, actor=actor)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), "email") from error
    if person.is_superuser:
        raise Invalid(_("Cette personne administre déjà la plateforme."), "email")
    if not person.is_active:
        raise Invalid(
            _("Le compte de cette adresse est fermé : donnez l’adresse de quelqu’un d’autre."), "email"
        )
    try:
        account_actions.set_platform_rights(person, is_staff=True, is_superuser=True, actor=actor)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    return person, opened


def give_proof_code(actor: User, waiting: ProofMeans) -> str:
    """Draw the code that has a colleague's means of proof count, for the actor to say by voice.

    The caller asks the actor for a fresh second factor. Raises Locked for one's own, and for one that
    counts already.
    """
    acts_for_platform(actor)
    return proofs_acts.give_code(actor, waiting, mandate=None)


def code_for(short_name: str, territory: str) -> str:
    """Return a code that no organisation has, made of its names: « prefecture-orne-2 »."""
    base = slugify(f"{short_name} {territory}")[:50].strip("-") or "organisation"
    taken = set(Organisation.objects.filter(code__startswith=base).values_list("code", flat=True))
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(code for code in candidates if code not in taken)


def acts_for_platform(actor: User) -> None:
    if not actor.acts_for_platform:
        raise NotAllowed


def record(verb: str, actor: User, **payload: Any) -> None:
    journal.record(
        verb, contract=None, actor=actor, quality=_("administration de la plateforme"), payload=payload
    )
