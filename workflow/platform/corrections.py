"""What the platform's administrator corrects: attachment, kind, an office, the end of a mandate; journaled.

None gives a power by itself: what would let the holder of an office do more is asked for, and a second
person confirms (ADR 0017).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import ENDED, Participation, Signatory
from stakeholders.actions import propose, withdraw_mandate
from stakeholders.granting import POWERFUL, is_widened, to_oneself
from stakeholders.incompatibilities import one_at_a_time, why_not_role
from stakeholders.kinds import Power
from stakeholders.models import Grant, GrantKind, Mandate, Office, Organisation, SigningAuthority, User
from stakeholders.permissions import change_kind as permissions_change_kind
from stakeholders.signals import rights_changed
from workflow.platform.acts import acts_for_platform, record
from workflow.powers import mails
from workflow.record.refusals import Invalid, Locked


def attach(actor: User, organisation: Organisation, parent: Organisation | None) -> Organisation:
    """Attach an organisation to another, or to none; raises Invalid where that would make a circle."""
    acts_for_platform(actor)
    try:
        with transaction.atomic():
            found: Organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
            before = found.parent
            if before == parent:
                return found
            if parent is not None and found.pk in above(parent):
                raise Invalid(_circle(found, parent), "parent")
            found.parent = parent
            found.save(update_fields=["parent"])
            said = {"before": before.name if before else "", "after": parent.name if parent else ""}
            record("organisation_attached", actor, organisation=found.pk, name=found.name, **said)
            return found
    except IntegrityError as error:  # somebody attached the other one at this very moment
        raise Invalid(_circle(organisation, parent or organisation), "parent") from error


def above(organisation: Organisation) -> set[int]:
    """Return the organisation and those to which it is attached, directly or not, by primary key."""
    found: set[int] = set()
    here: int | None = organisation.pk
    while here is not None and here not in found:
        found.add(here)
        here = Organisation.objects.values_list("parent", flat=True).get(pk=here)
    return found


def _circle(organisation: Organisation, parent: Organisation) -> str:
    return _(
        "« %(parent)s » est déjà rattachée à « %(name)s », directement ou non : l’une dépend de l’autre, et "
        "non l’inverse. Choisissez une autre organisation."
    ) % {"parent": parent.name, "name": organisation.name}


def change_kind(actor: User, organisation: Organisation, kind: str) -> Organisation:
    """Make it of another kind, with its rights, while nothing rests on what it is; raises Locked."""
    acts_for_platform(actor)
    with transaction.atomic():
        # also against whoever enters it in a contract, or gives an office of it, at this moment
        found: Organisation = (
            Organisation.objects.select_for_update().select_related("group").get(pk=organisation.pk)
        )
        before = found.kind
        if before == kind:
            return found
        if why := why_not_change_kind(found, kind):
            raise Locked(why)
        permissions_change_kind(found, kind)
        said = {"before": before, "after": kind}
        record("organisation_kind_changed", actor, organisation=found.pk, name=found.name, **said)
        return found


def why_not_change_kind(organisation: Organisation, kind: str) -> str:
    """Return why an organisation cannot become of this kind now, or nothing.

    Its kind says what it may do in a contract, and its offices' holders with it.
    """
    if Participation.objects.filter(organisation=organisation).exists():
        return _(
            "Elle prend part à un contrat, ou y a pris part : ce qu’elle y fait tient à sa nature, qui ne "
            "change plus. Créez une autre organisation si celle-ci n’est pas la bonne."
        )
    if SigningAuthority.objects.filter(office__organisation=organisation, withdrawn_at=None).exists():
        return _("Son registre des signatures n’est pas vide : retirez d’abord ses actes.")
    for office in organisation.offices.all():
        now = office.powers
        office.organisation = Organisation(kind=kind)
        if office.powers != now and in_use(office):
            return _(
                "La fonction « %(office)s » a un titulaire, ou est offerte à quelqu’un, et changerait de "
                "pouvoirs : mettez-y d’abord fin."
            ) % {"office": office.title}
    return ""


def holders(office: Office) -> list[Mandate]:
    """Return the mandates of an office that run today, or will."""
    held = office.mandates.filter(withdrawn_at=None).exclude(ends_on__lt=timezone.localdate())
    return list(held.select_related("person", "office__organisation"))


def in_use(office: Office) -> bool:
    """Whether somebody holds the office or will, is invited to it, or asked for it."""
    if holders(office) or office.invitations.pending().exists():
        return True
    return Grant.objects.pending().filter(office=office.pk).exists()


def change_office(actor: User, office: Office, *, title: str, role: str, administers: bool) -> Office | Grant:
    """Correct an office; return what was asked for where its holder would gain a power, else the office.

    Raises Invalid where its holder, or a contract, cannot go with that.
    """
    acts_for_platform(actor)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=office.organisation_id)
        one_at_a_time(office.mandates.values_list("person", flat=True))
        found: Office = (
            Office.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=office.pk)
        )
        before = _said(found)
        wanted = {"title": title, "role": role, "administers": administers}
        if wanted == before:
            return found
        held = holders(found)
        _refuse_change(actor, found, wanted, held)
        widened = is_widened(found, role=role, administers=administers) and in_use(found)
        powers = found.powers
        found.title = title
        if not widened:
            found.role, found.administers = role, administers
        _save(found)
        if _said(found) != before:
            record("office_changed", actor, office=str(found), before=before, after=_said(found))
            _tell_of_less(actor, found, held, powers, was_administering=bool(before["administers"]))
        if not widened:
            return found
        facts = {"to_role": role, "to_administers": administers}
        return _asked(actor, found, facts)


def _said(office: Office) -> dict[str, Any]:
    return {"title": office.title, "role": office.role, "administers": office.administers}


def _refuse_change(actor: User, office: Office, wanted: dict[str, Any], held: list[Mandate]) -> None:
    changed = Office(organisation=office.organisation, role=wanted["role"], administers=wanted["administers"])
    more = bool(changed.powers - office.powers) or (changed.administers and not office.administers)
    if more and any(mandate.person_id == actor.pk for mandate in held):
        raise Invalid(to_oneself(), "role")
    signing = Power.SIGN in office.powers and Power.SIGN not in changed.powers
    places = Signatory.objects.filter(office=office).exclude(contract__status__in=ENDED)
    if signing and (place := places.select_related("contract").first()):
        raise Invalid(
            _(
                "Cette fonction a sa place parmi les signataires du contrat %(reference)s : elle garde son "
                "rôle jusqu’à sa signature."
            )
            % {"reference": place.contract.reference},
            "role",
        )
    if refusal := why_not_role(office, wanted["role"]):
        raise Invalid(refusal, "role")


def _save(office: Office) -> None:
    try:
        office.full_clean()
        with transaction.atomic():
            office.save(update_fields=["title", "role", "administers"])
    except (ValidationError, IntegrityError) as error:
        said = error.messages if isinstance(error, ValidationError) else [_("Cet intitulé est déjà pris.")]
        raise Invalid(" ".join(said), "title") from error


def _tell_of_less(
    actor: User, office: Office, held: list[Mandate], powers: frozenset[Power], *, was_administering: bool
) -> None:
    """Close the pages of holders who may do less, and tell them and the pilots."""
    lost = (powers - office.powers) & POWERFUL
    if not (powers - office.powers or (was_administering and not office.administers)):
        return
    for mandate in held:
        mandate.office = office
        rights_changed.send(
            Mandate, verb="office_narrowed", person=mandate.person, actor=actor, mandate=mandate
        )
    if held and (lost or was_administering):
        what = _("pouvoirs réduits de la fonction « %(office)s »") % {"office": office.title}
        mails.tell_of_loss(what, office.organisation, whom=[m.person for m in held], actor=actor)


def _asked(actor: User, office: Office, facts: dict[str, Any]) -> Grant:
    wanted = Grant(
        kind=GrantKind.OFFICE, organisation=office.organisation, office=office, facts=facts, asked_by=actor
    )
    try:
        return propose(wanted)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), "role") from error


@transaction.atomic
def order_end_of_mandate(actor: User, mandate: Mandate, *, reason: str) -> None:
    """End a mandate at once, as an election, a decree or a departure does; whoever it was is told."""
    acts_for_platform(actor)
    Organisation.objects.select_for_update(no_key=True).get(pk=mandate.office.organisation_id)
    found: Mandate = (
        Mandate.objects.select_for_update(of=("self",))
        .select_related("office__organisation", "person")
        .get(pk=mandate.pk)
    )
    if found.is_over:
        raise Locked(_("Ce mandat a déjà pris fin."))
    if not reason.strip():
        raise Invalid(_("Dites par quel acte, ou pourquoi, il prend fin."), "reason")
    record(
        "mandate_end_ordered",
        actor,
        mandate=found.pk,
        person=found.person_id,
        office=str(found.office),
        reason=reason.strip(),
    )
    withdraw_mandate(found, actor=actor)
