"""Forms about the texts of one part: what is proposed instead, and what is made of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.models import Commitment, Volet
from contracts.seen import SeenForm
from stakeholders.text import LinesField

TEXTS = {Commitment: ("title", "description", "indicator"), Volet: ("title", "text")}


def _why() -> LinesField:
    return LinesField(label=_("Pourquoi"), max_length=2000)


def _word() -> LinesField:
    return LinesField(
        label=_("Réponse à l’auteur de la proposition"),
        required=False,
        max_length=2000,
        help_text=_("Requise si vous écartez la proposition."),
    )


class ProposeCommitment(SeenForm[Commitment]):
    """The texts of a commitment, as somebody would have them."""

    why = _why()

    class Meta:
        model = Commitment
        fields = TEXTS[Commitment]


class ProposeVolet(SeenForm[Volet]):
    """The texts of a volet, as somebody would have them."""

    why = _why()

    class Meta:
        model = Volet
        fields = TEXTS[Volet]


class DecideCommitment(SeenForm[Commitment]):
    """The texts of a commitment, as they were proposed and as they will be."""

    word = _word()

    class Meta:
        model = Commitment
        fields = TEXTS[Commitment]


class DecideVolet(SeenForm[Volet]):
    """The texts of a volet, as they were proposed and as they will be."""

    word = _word()

    class Meta:
        model = Volet
        fields = TEXTS[Volet]


Proposing = ProposeCommitment | ProposeVolet
Deciding = DecideCommitment | DecideVolet


def proposing(row: Commitment | Volet, data: Any = None) -> Proposing:
    """Return the form by which a change of this part is proposed."""
    if isinstance(row, Volet):
        return ProposeVolet(data, instance=row)
    return ProposeCommitment(data, instance=row)


def deciding(row: Commitment | Volet, texts: dict[str, str], data: Any = None) -> Deciding:
    """Return the form by which a proposal is taken up: it opens on the proposed texts."""
    if isinstance(row, Volet):
        return DecideVolet(data, instance=row, initial=texts)
    return DecideCommitment(data, instance=row, initial=texts)


class DeclineForm(forms.Form):
    """Why a proposal is declined."""

    word = LinesField(label=_("Réponse à l’auteur de la proposition"), required=False, max_length=2000)
