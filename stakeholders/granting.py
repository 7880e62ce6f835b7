"""Who may ask for a power, who may confirm it, and why not: pure, on facts that the caller has read.

Never oneself; never one person alone; never by a power that is itself too new. A delegation is
confirmed by whoever gives it; anything else by a second person who administers or heads the
organisation. Where there is none, by the head or an administrator of another organisation of one
of its contracts, or by an administrator of the platform.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.authority import CLOSED_ACCOUNT
from stakeholders.kinds import Power, Side
from stakeholders.models import AuthorityKind, GrantKind, GrantState, Office, Role
from stakeholders.models.grants import same_mailbox as same_mailbox
from stakeholders.proofs import Proof

# Signing and approving; the council's resolution opens the mayor's signature (CGCT L2131-1).
POWERFUL = frozenset({Power.SIGN, Power.APPROVE, Power.RECORD_RESOLUTION})
CLOSED = {
    GrantState.DRAFTED: gettext_lazy("Cette demande n’a pas encore été envoyée par qui la fait."),
    GrantState.CONFIRMED: gettext_lazy("Ce pouvoir est déjà confirmé : rien d’autre n’est attendu de vous."),
    GrantState.REFUSED: gettext_lazy("Cette demande a été refusée : rien d’autre n’est attendu de vous."),
    GrantState.WITHDRAWN: gettext_lazy("Cette demande a été retirée : rien d’autre n’est attendu de vous."),
}


class Tie(StrEnum):
    """What somebody is to the organisation whose power is asked."""

    ADMINISTRATOR = "administrator"
    HEAD = "head"
    NEIGHBOUR = "neighbour"  # head or administrator of another organisation of one of its contracts
    PLATFORM = "platform"


INSIDE = frozenset({Tie.ADMINISTRATOR, Tie.HEAD})
OUTSIDE = frozenset({Tie.NEIGHBOUR, Tie.PLATFORM})
ASKING = frozenset({Tie.ADMINISTRATOR, Tie.PLATFORM})


@dataclass(frozen=True)
class Who:
    """Somebody, by what counts: their ties, those that are too new to confirm anything apart."""

    person: int
    ties: frozenset[Tie] = frozenset()
    too_new: frozenset[Tie] = frozenset()
    is_grantor: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class Asked:
    """A power asked, by what counts; ``has_second`` when somebody inside could confirm it.

    ``grantor`` is whoever must confirm a delegation; None where nobody gives anything away.
    """

    asker: int
    beneficiaries: frozenset[int]
    state: str = GrantState.REQUESTED
    expires_at: dt.datetime | None = None
    grantor: int | None = None
    grantor_may: bool = True
    has_second: bool = True


WIDENS = gettext_lazy("Ce changement étend un pouvoir : il attend votre demande, puis une seconde personne.")


def why_not_ask(who: Who, beneficiaries: frozenset[int]) -> str:
    """Return why this person may not ask for that, or nothing."""
    if not who.is_active or not (who.ties | who.too_new) & ASKING:
        return _("Seul l’administrateur de l’organisation peut demander cela.")
    if who.person in beneficiaries:
        return to_oneself()
    return ""


def to_oneself() -> str:
    """Say that nobody gives themselves anything, and who can."""
    return _(
        "On ne se donne pas de pouvoir à soi-même : demandez-le à un autre administrateur de "
        "l’organisation ou à celui de la plateforme."
    )


def why_not_confirm(who: Who, asked: Asked, now: dt.datetime) -> str:
    """Return why this person may not confirm what was asked, or nothing."""
    if closed := why_closed(asked, now):
        return closed
    if not who.is_active:
        return str(CLOSED_ACCOUNT)
    if who.person == asked.asker:
        return _("Vous l’avez demandé vous-même : une seconde personne doit confirmer.")
    if who.person in asked.beneficiaries:
        return _("Ce pouvoir vous est destiné : une autre personne que vous doit le confirmer.")
    if asked.grantor is not None and asked.grantor != asked.asker:
        return _why_not_grantor(who, asked)
    if asked.grantor is None and who.is_grantor:  # whoever is replaced may say so as well
        return "" if asked.grantor_may else _too_new()
    if who.ties & INSIDE:
        return ""
    if who.too_new & INSIDE:
        return _too_new()
    if asked.has_second:
        return _("C’est à une seconde personne de l’organisation, autorité ou administrateur, de confirmer.")
    if who.ties & OUTSIDE:
        return ""
    return _too_new() if who.too_new else _("Vos fonctions ne vous permettent pas de confirmer ce pouvoir.")


def why_closed(asked: Asked, now: dt.datetime) -> str:
    """Return why nobody can confirm any more, or nothing."""
    if asked.state != GrantState.REQUESTED:
        return str(CLOSED[GrantState(asked.state)])
    if asked.expires_at is None or asked.expires_at <= now:
        return _("Cette demande a expiré sans être confirmée : qu’une autre soit faite si elle vaut encore.")
    return ""


def _why_not_grantor(who: Who, asked: Asked) -> str:
    if who.person != asked.grantor:
        return _("Une délégation est confirmée par la personne qui la donne, et par elle seule.")
    if not who.is_grantor:
        return _("Vous ne tenez plus la fonction que cet acte délègue : un nouvel acte est nécessaire.")
    return "" if asked.grantor_may else _too_new()


def _too_new() -> str:
    return _(
        "Votre propre pouvoir est trop récent pour en donner un autre : attendez la fin de son délai, "
        "ou laissez confirmer quelqu’un d’autre."
    )


# --- what needs a second person ----------------------------------------------------------


def gives_power(office: Office) -> bool:
    """Whether holding the office lets somebody sign, approve, record a resolution or administer."""
    return office.administers or bool(office.powers & POWERFUL)


def needs_act(office: Office) -> bool:
    """Whether its holder is named by an act that the law wants: an election, a decree, an arrêté."""
    named = office.role in {Role.HEAD, Role.DELEGATE}
    return named and office.organisation.side != Side.PARTNER


def needs_confirmation(kind: str) -> bool:
    """Whether an act of the register of that kind gives something: a representation does not."""
    return kind != AuthorityKind.REPRESENTATION_ONLY


def is_widened(office: Office, *, role: str, administers: bool) -> bool:
    """Whether these would let the office's holder do more than today."""
    before = office.powers & POWERFUL
    changed = Office(organisation=office.organisation, role=role, administers=administers)
    more = bool((changed.powers & POWERFUL) - before) or (administers and not office.administers)
    head = role == Role.HEAD and office.role != Role.HEAD  # confirms what others are given
    return more or head


def is_lowered(before: str, after: str) -> bool:
    """Whether signing would ask for a weaker proof than today."""
    return not Proof(after).suffices(before)


def is_entrusted_by_another(powers: frozenset[str], *, absent: int, declared_by: int) -> bool:
    """Whether somebody else than its holder entrusts the power to approve, or to record a resolution."""
    return absent != declared_by and bool(powers & {power.value for power in POWERFUL})


GIVEN_BY_SOMEBODY = frozenset({AuthorityKind.DELEGATION_OF_SIGNATURE, AuthorityKind.DELEGATION_OF_FUNCTION})


def must_be_confirmed_by_grantor(kind: str, facts: dict[str, object]) -> bool:
    """Whether nobody but the delegator can confirm it."""
    return kind == GrantKind.AUTHORITY and facts.get("kind") in GIVEN_BY_SOMEBODY
