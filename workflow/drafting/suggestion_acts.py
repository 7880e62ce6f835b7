"""Propose a change of a part of the draft; take it up, changed or not; decline it with a word."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.merging import BOTH, compose, merge
from contracts.models import Commitment, Volet
from stakeholders.models import User
from workflow.drafting import acts, rules
from workflow.drafting.models import Suggestion
from workflow.drafting.suggestion_forms import TEXTS, Deciding, Proposing
from workflow.record import events, journal
from workflow.record.refusals import AlreadyDone, Invalid, NotAllowed
from workflow.tasks.act import owed

State = Suggestion.State


def suggest(draft: acts.Drafting, user: User, row: Commitment | Volet, form: Proposing) -> Suggestion:
    """Keep what is proposed of a part (``form`` is valid) and tell of it; the draft does not change.

    Raises NotAllowed where the person may edit the part themselves, Invalid where nothing differs.
    """
    if not rules.may_propose(draft.right, row):
        raise NotAllowed(_("Vous pouvez modifier cette partie vous-même : il n’y a rien à proposer."))
    current = type(row)._default_manager.get(pk=row.pk)
    texts = {
        name: [getattr(current, name), form.cleaned_data[name]]
        for name in TEXTS[type(row)]
        if form.cleaned_data[name] != getattr(current, name)
    }
    if not texts:
        raise Invalid(_("Vous n’avez rien changé : écrivez le texte que vous proposez."))
    suggestion = Suggestion.objects.create(
        contract=draft.contract,
        commitment=current if isinstance(current, Commitment) else None,
        volet=current if isinstance(current, Volet) else None,
        part=str(current)[:320],
        texts=texts,
        why=form.cleaned_data["why"],
        author=user,
        mandate=draft.mandate,
        organisation=draft.mandate.office.organisation,
    )
    _tell(draft, user, suggestion, "suggestion_made", texts=texts, why=suggestion.why)
    return suggestion


def texts_to_take(suggestion: Suggestion) -> dict[str, str]:
    """Return the proposed texts, joined with what changed since; both, where the same words did."""
    row = suggestion.row
    found = {}
    for name, (read, proposed) in suggestion.texts.items():
        passages = merge(read, proposed, getattr(row, name))
        found[name] = compose(passages, {one.key: BOTH for one in passages if one.is_open}) or proposed
    return found


def take_up(draft: acts.Drafting, user: User, suggestion: Suggestion, form: Deciding) -> None:
    """Write the texts of the form (valid) into the part: the proposal is accepted, as it is or changed."""
    _open_to(draft, suggestion)
    wanted = texts_to_take(suggestion)
    as_proposed = all(form.cleaned_data[name] == text for name, text in wanted.items())
    form.save()
    state = State.ACCEPTED if as_proposed else State.CHANGED
    _decide(draft, user, suggestion, state, form.cleaned_data["word"])


def decline(draft: acts.Drafting, user: User, suggestion: Suggestion, word: str) -> None:
    """Decline a proposal; its author is owed a word."""
    _open_to(draft, suggestion)
    said = owed(word, _("Dites à l’auteur de la proposition pourquoi elle est écartée."))
    _decide(draft, user, suggestion, State.DECLINED, said)


def _open_to(draft: acts.Drafting, suggestion: Suggestion) -> None:
    """Raise unless the proposal is open and its part may be edited by this right."""
    now = Suggestion.objects.select_related("decided_by").get(pk=suggestion.pk)
    if now.state != State.OPEN:
        raise AlreadyDone(str(now.decided_by))
    if suggestion.row is None:
        draft.check(None)  # its part is deleted: a pilot answers
    else:
        draft.check(suggestion.row)


def _decide(draft: acts.Drafting, user: User, suggestion: Suggestion, state: str, word: str) -> None:
    suggestion.state, suggestion.word = state, word
    suggestion.decided_by, suggestion.decided_at = user, timezone.now()
    suggestion.save(update_fields=["state", "word", "decided_by", "decided_at"])
    if state == State.ACCEPTED:
        _tell(draft, user, suggestion, "suggestion_accepted", word=word)
    elif state == State.CHANGED:
        _tell(draft, user, suggestion, "suggestion_changed", word=word)
    else:
        _tell(draft, user, suggestion, "suggestion_declined", word=word)


def _tell(draft: acts.Drafting, user: User, suggestion: Suggestion, verb: str, **facts: Any) -> None:
    organisation = draft.mandate.office.organisation
    said: dict[str, Any] = {
        "organisation": organisation.short_name,
        "part": suggestion.part,
        "suggestion": suggestion.pk,
    }
    journal.record(
        verb, contract=draft.contract, actor=user, mandate=draft.mandate, payload={**said, **facts}
    )
    if "word" in facts:
        said["word"] = facts["word"]
    told = {"person_id": suggestion.author_id, **said}
    events.publish(verb, draft.contract, actor=user, recipient=None, **told)
