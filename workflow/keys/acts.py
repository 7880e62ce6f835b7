"""Means of signing: enrolled by their owner, accepted by another where the name differs, withdrawn."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures import awaited, ending, keys
from signatures.backends import SigningCertificate, backend
from signatures.errors import SignatureError
from signatures.models import EnrolledKey
from stakeholders.models import Mandate, Organisation, User
from stakeholders.wording import day
from workflow.accounts import mails as accounts_mails
from workflow.keys import mails
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import Locked
from workflow.tasks.act import owed

NO_LONGER_WAITS = gettext_lazy("Ce moyen de signature n’attend plus : il est accepté, ou retiré.")
ACCEPTED = gettext_lazy("Ce certificat est accepté : son titulaire peut signer avec.")
CONFIRMING_OWES_WHY = gettext_lazy("Dites pourquoi ce certificat est bien celui de cette personne.")


@transaction.atomic
def enrol(
    actor: User, means: str, certificate: SigningCertificate, *, settings: dict[str, Any] | None = None
) -> EnrolledKey:
    """Enrol one's own key, shown to be theirs by the page that calls this; journaled, and they are told.

    Raises Locked.
    """
    known = set(EnrolledKey.objects.filter(owner=actor, ended_at=None).values_list("pk", flat=True))
    try:
        names = [actor.first_name, actor.last_name]
        made = keys.enrol(actor, means, certificate, names=names, settings=settings)
    except SignatureError as error:
        raise Locked(str(error)) from error
    if made.pk not in known:
        waits = "" if made.is_confirmed else mails.ask_to_accept(actor, made)
        _record("signing_key_enrolled", made, actor, None, waits=waits)
    return made


@transaction.atomic
def confirm(actor: User, key: EnrolledKey, reason: str, *, mandate: Mandate | None) -> None:
    """Accept that a certificate bears another name than the account of its owner, and say why.

    Without a mandate it is for the platform, where nobody else administers an organisation of its owner's.
    Raises Locked.
    """
    if mandate is None and not waiting_for_platform(actor).filter(pk=key.pk).exists():
        raise Locked(_("Ce moyen de signature n’attend plus l’administration de la plateforme."))
    reason = owed(reason, CONFIRMING_OWES_WHY)
    try:
        confirmed = keys.confirm(key, actor, reason)
    except SignatureError as error:
        raise Locked(str(error)) from error
    if not confirmed:
        raise Locked(str(NO_LONGER_WAITS))
    quality = "" if mandate else _("administration de la plateforme")
    _record("signing_key_confirmed", key, actor, mandate, quality, reason=reason)


@transaction.atomic
def withdraw(actor: User, key: EnrolledKey) -> None:
    """Have one's own key sign no more; a signature that waits for it is asked again."""
    if keys.end(key, _("Retiré par son titulaire.")):
        awaited.give_up_with(key)
        _record("signing_key_withdrawn", key, actor, None)


def waiting_in(organisation: Organisation, reader: User) -> QuerySet[EnrolledKey]:
    """Return the keys that whoever administers the organisation may accept, but the reader's own."""
    people = Mandate.objects.in_force().filter(
        office__organisation=organisation, limited_type__isnull=True, person__is_active=True
    )
    rows = EnrolledKey.objects.filter(confirmed_at=None, ended_at=None, owner__in=people.values("person"))
    return rows.exclude(owner=reader).select_related("owner")


def waiting_for_platform(reader: User) -> QuerySet[EnrolledKey]:
    """Return the keys that the platform may accept: nobody else administers where their owners act.

    Nothing to who does not act for the platform; never the reader's own.
    """
    if not reader.acts_for_platform:
        return EnrolledKey.objects.none()
    return without_another(EnrolledKey.objects.exclude(owner=reader))


def without_another(keys: QuerySet[EnrolledKey]) -> QuerySet[EnrolledKey]:
    """Return those of these keys that wait, and that nobody else administering may accept."""
    theirs = Mandate.objects.in_force().filter(person=OuterRef(OuterRef("owner")), limited_type__isnull=True)
    others = Mandate.objects.in_force().filter(
        office__organisation__in=theirs.values("office__organisation"),
        office__administers=True,
        limited_type__isnull=True,
        person__is_active=True,
    )
    rows = keys.filter(~Exists(others.exclude(person=OuterRef("owner"))), confirmed_at=None, ended_at=None)
    return rows.filter(owner__is_active=True).select_related("owner").order_by("pk")


def warn(key: EnrolledKey, days: int) -> bool:
    """Tell its owner that a certificate ends within ``days``, once; False when somebody else did."""
    with transaction.atomic():
        rows = EnrolledKey.objects.filter(pk=key.pk, ended_at=None).exclude(warned_days__lte=days)
        if rows.update(warned_days=days):
            _record("signing_key_ending", key, None, None, days=days)
            return True
    return False


def warn_platform(use: ending.Use, certificate: SigningCertificate, days: int) -> bool:
    """Tell who administers the platform that a certificate of its own ends within ``days``, once.

    The journal says what was told: an authority's certificate has no row. False when it was told.
    """
    with transaction.atomic():
        told = JournalEntry.objects.filter(contract=None, verb__in=("seal_ending", "timestamping_ending"))
        if told.filter(payload__fingerprint=certificate.fingerprint, payload__days__lte=days).exists():
            return False
        payload = {
            "name": certificate.common_name,
            "fingerprint": certificate.fingerprint,
            "end": day(certificate.not_after),
            "days": days,
        }
        journal.record(
            "seal_ending" if use == "seal" else "timestamping_ending",
            contract=None,
            actor=None,
            payload=payload,
        )
        mails.tell_the_platform(use, payload)
    return True


def _record(
    verb: str, key: EnrolledKey, actor: User | None, mandate: Mandate | None, quality: str = "", **facts: Any
) -> None:
    person = User.objects.get(pk=key.owner_id)
    payload = {
        "person": person.pk,
        "key": key.pk,
        "name": key.common_name,
        "means": str(backend(key.means).label),
        "fingerprint": key.fingerprint,
        "end": day(key.not_after),
        **facts,
    }
    journal.record(verb, contract=None, actor=actor, mandate=mandate, quality=quality, payload=payload)
    accounts_mails.send(verb, person, actor, payload)
