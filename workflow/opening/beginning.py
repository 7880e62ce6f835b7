"""A contract is begun: its row, its first page, and what it takes up of an earlier contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts import copying
from contracts.kinds import KindOfContract, kind
from contracts.models import Commitment, Contract, Part, Participation, Status
from stakeholders.kinds import Power, Side
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for
from workflow.opening import pages
from workflow.opening.access import mandate_of
from workflow.opening.models import Opening
from workflow.opening.participants import MUNICIPALITY, commune_of
from workflow.opening.proposals import proposed_part
from workflow.record import journal
from workflow.record.refusals import Invalid

TRIES = 20  # of a proposed reference that somebody takes meanwhile


def proposed_reference(of_kind: KindOfContract, year: int) -> str:
    """Return the next free reference: the initials of the kind, the year, a number (« CSI-2027-001 »)."""
    initials = "".join(word[0].upper() for word in of_kind.title.split() if len(word) > 2)
    start = f"{initials}-{year}-"
    taken = set(Contract.objects.filter(reference__startswith=start).values_list("reference", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if f"{start}{n:03d}" not in taken)
    return f"{start}{number:03d}"


def begin(user: User, organisation_id: int, facts: Mapping[str, Any]) -> Contract:
    """Begin to prepare a contract for an organisation; ``facts`` are those of its first page."""
    mandate = mandate_of(user, organisation_id)
    organisation = mandate.office.organisation
    of_kind, today = kind(facts["kind"]), timezone.localdate()
    is_city = organisation.kind == MUNICIPALITY
    with transaction.atomic():
        contract = _created(
            facts["reference"],
            of_kind,
            title=facts["title"] or _titled(of_kind, organisation),
            kind=of_kind.code,
            territory=commune_of(organisation),
            communes=[commune_of(organisation)] if is_city else [],
            period_start=today,
            period_end=today,
            period_rule=of_kind.period_rules[0],
            days=dict(of_kind.days),
            status=Status.OPENING,
        )
        source: Contract | None = facts.get("copied_from")
        Opening.objects.create(
            copied_from=source,
            contract=contract,
            organisation=organisation,
            author=user,
            mandate=mandate,
            saved=[pages.INITIATIVE],
            **{name: facts[name] for name in ("initiative", "letter_on", "letter_text", "letter_sha256")},
        )
        communes = {organisation.pk} if is_city else set()
        part = proposed_part(of_kind, organisation, communes) or Part.OBSERVER
        Participation.objects.create(contract=contract, organisation=organisation, part=part)
        copied = {}
        if source is not None:
            left = _copied(source, contract, mandate, figures=bool(facts.get("with_figures")))
            copied = {"copied_from": source.reference, "not_copied": left}
        journal.record(
            "opening_begun",
            contract=contract,
            actor=user,
            mandate=mandate,
            payload={"organisation": organisation.short_name, "reference": contract.reference, **copied},
        )
    return contract


def _copied(source: Contract, contract: Contract, mandate: Mandate, *, figures: bool) -> int:
    """Copy an earlier contract that the person sees; return how many commitments were left to others.

    The prefecture assigns nothing to an authority independent of it (:func:`workflow.drafting.rules`).
    """
    if mandate_for(mandate.person, Power.VIEW, source) is None:
        raise Invalid(_("Vous ne voyez pas ce contrat : choisissez-en un autre."), "copied_from")
    by_the_state = mandate.office.organisation.side == Side.STATE

    def may_be_taken_up(row: Commitment) -> bool:
        concerned = [row.lead, *row.contributors.all()]
        return not (by_the_state and any(organisation.is_independent for organisation in concerned))

    return copying.copy(source, contract, figures=figures, wanted=may_be_taken_up)


def _created(reference: str, of_kind: KindOfContract, **facts: Any) -> Contract:
    for _try in range(TRIES):
        said = reference or proposed_reference(of_kind, timezone.localdate().year)
        try:
            with transaction.atomic():
                return Contract.objects.create(reference=said, **facts)
        except IntegrityError:
            if reference:
                raise reference_is_taken() from None
    raise reference_is_taken()


def reference_is_taken() -> Invalid:
    """Return the refusal of a reference that another contract bears."""
    return Invalid(
        _("Cette référence est déjà celle d’un autre contrat : choisissez-en une autre."), "reference"
    )


def _titled(of_kind: KindOfContract, organisation: Organisation) -> str:
    return f"{of_kind.title}, {commune_of(organisation)}"[:250]
