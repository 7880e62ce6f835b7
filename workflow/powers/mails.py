"""Who is told of a power that is asked, given, refused or taken: those concerned, and the contracts.

In the transaction that makes it true: one journal entry for the platform, one for each contract
under way of the organisation, one mail a person.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import Grant, GrantState, Organisation, User
from stakeholders.wording import moment
from workflow.notices import mail
from workflow.powers import pending
from workflow.record import events, journal

SHOWN = 20  # references of contracts, in one mail


def tell(verb: str, grant: Grant, *, actor: User, quality: str) -> None:
    """Journal a step of a grant, show it in the contracts' history, and mail those concerned."""
    with translation.override(mail.LANGUAGE):
        facts = _facts(grant, actor)
        contracts = list(pending.contracts_of(grant.organisation))
        _record(verb, contracts, facts, actor=actor, quality=quality)
        told = _concerned(grant, contracts)
        if verb == "grant_requested":
            for person in pending.confirmers(grant):
                told[person].insert(
                    0, _("Vous pouvez la confirmer ou la refuser : sans vous, rien n’est donné.")
                )
        told.pop(actor, None)
        opening = _opening(verb, facts)
        for person, why in told.items():
            _mail(person, opening, _body(grant, opening, why, contracts))


def tell_of_loss(what: str, organisation: Organisation, *, whom: list[User], actor: User | None) -> None:
    """Show in the contracts' journals that a power ended, and mail its holder and the pilots."""
    with translation.override(mail.LANGUAGE):
        contracts = list(pending.contracts_of(organisation))
        facts: dict[str, Any] = {
            "organisation": organisation.short_name,
            "what": what,
            "asker": str(actor) if actor else "",
        }
        for contract in contracts:
            journal.record("power_ended", contract=contract, actor=actor, payload=facts)
            events.publish("power_ended", contract, actor=actor, **facts)
        opening = _("%(organisation)s : pouvoir retiré") % facts
        sentences = [
            _("%(what)s : ce pouvoir a pris fin, ou prendra fin au jour fixé.") % facts,
            _("À l’initiative de : %(asker)s.") % facts if actor else "",
            _named(contracts),
        ]
        for person in dict.fromkeys([*whom, *pending.pilots_of(contracts)]):
            if person != actor and person.is_active:
                _mail(person, opening, "\n\n".join(part for part in sentences if part))


def _facts(grant: Grant, actor: User) -> dict[str, Any]:
    return {
        "grant": grant.pk,
        "power": grant.kind,
        "organisation": grant.organisation.short_name,
        "what": pending.described(grant),
        "days": pending.days(grant),
        "asker": str(grant.asked_by),
        "settler": str(actor) if grant.state != GrantState.REQUESTED else "",
        "reason": grant.reason,
        "immediately": grant.immediately,
        "may_act_from": grant.may_act_from.isoformat() if grant.may_act_from else None,
        "document_sha256": grant.document_sha256,
    }


def _record(
    verb: str, contracts: list[Contract], facts: dict[str, Any], *, actor: User, quality: str
) -> None:
    for contract in [None, *contracts]:
        journal.record(verb, contract=contract, actor=actor, quality=quality, payload=facts)
        if contract is not None:
            events.publish(verb, contract, actor=actor, **facts)


def _concerned(grant: Grant, contracts: list[Contract]) -> dict[User, list[str]]:
    told: dict[User, list[str]] = defaultdict(list)
    for person in pending.holders(grant):
        told[person].append(_("Vous tenez cette fonction."))
    if grant.grantor is not None:
        told[grant.grantor.person].append(_("Cet acte est donné en votre nom."))
    if grant.person is not None:
        told[grant.person].append(_("Ce pouvoir vous est destiné."))
    for person in pending.pilots_of(contracts):
        told[person].append(_("Vous pilotez un contrat que cette organisation négocie ou signe."))
    told[grant.asked_by].append(_("Vous l’avez demandé."))
    return told


def _opening(verb: str, facts: dict[str, Any]) -> str:
    openings = {
        "grant_requested": _("Pouvoir demandé, à confirmer : %(organisation)s"),
        "grant_confirmed": _("Pouvoir confirmé : %(organisation)s"),
        "grant_refused": _("Pouvoir refusé : %(organisation)s"),
        "grant_withdrawn": _("Demande de pouvoir retirée : %(organisation)s"),
    }
    return openings[verb] % facts


def _body(grant: Grant, opening: str, why: list[str], contracts: list[Contract]) -> str:
    facts: dict[str, Any] = {
        "what": pending.described(grant),
        "asker": grant.asked_by,
        "settler": grant.settled_by or "",
        "reason": grant.reason,
        "link": settings.PUBLIC_URL + reverse("grant", args=[grant.pk]),
        "until": moment(grant.expires_at) if grant.expires_at else "",
        "from": moment(grant.may_act_from) if grant.may_act_from else "",
    }
    lines = [facts["what"], pending.days(grant), _("Demandé par : %(asker)s") % facts]
    if grant.state == GrantState.REQUESTED:
        lines.append(_("À confirmer avant le : %(until)s") % facts)
    elif grant.settled_by:
        lines.append(f"{grant.get_state_display().capitalize()} : {grant.settled_by}")
    if grant.reason:
        lines.append(_("Motif : %(reason)s") % facts)
    sentences = ["\n".join(line for line in lines if line), " ".join(why)]
    if grant.state == GrantState.CONFIRMED and grant.immediately:
        sentences.append(_("Avec effet immédiat, sans le délai qui précède une première signature."))
    elif facts["from"] and grant.state == GrantState.CONFIRMED:
        sentences.append(_("Première signature possible à compter du %(from)s.") % facts)
    sentences += [
        _named(contracts),
        _("Si cela vous surprend, ouvrez la page et prévenez l’organisation :") + f"\n{facts['link']}",
    ]
    return "\n\n".join(part for part in sentences if part)


def _named(contracts: list[Contract]) -> str:
    if not contracts:
        return ""
    references = ", ".join(contract.reference for contract in contracts[:SHOWN])
    more = "…" if len(contracts) > SHOWN else ""
    return _("Contrats concernés : %(references)s") % {"references": references + more}


def _mail(person: User, subject: str, body: str) -> None:
    greeting = _("Bonjour %(name)s,") % {"name": person}
    mail.defer_mail(
        to=person.email, subject=f"[Contreseing] {subject}", body=f"{greeting}\n\n{body}\n", person=person
    )
