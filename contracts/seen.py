"""A form that knows on what it was opened, so that what somebody else saved meanwhile is joined, never lost.

The form carries, signed, the values that it showed. If the row has moved on since, what only one side changed
is kept by itself, field by field and, in long texts, passage by passage (:mod:`contracts.merging`); where
both changed the same thing, the form is refused once, keeps what was typed and asks which to keep.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Model
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from contracts.figures import written
from contracts.merging import BOTH, MINE, THEIRS, Passage, Piece, compose, key_of, merge, words_changed
from stakeholders.wording import day

Row = TypeVar("Row", bound=Model)
SALT = "contracts.seen"
CONTEXT = 160  # characters around a passage to choose
UNKNOWN = object()


@dataclass(frozen=True)
class Option:
    """One side of a choice: its value in the form, whose it is, its words, those that are its own marked."""

    value: str
    whose: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Choice:
    """One passage, or one field, that both sides changed: the name of its radio buttons, its options."""

    name: str
    options: list[Option]
    before: str = ""
    after: str = ""
    chosen: str = ""


@dataclass
class Conflict:
    """A field that both sides changed."""

    label: str
    choices: list[Choice] = field(default_factory=list)


def plain(value: Any) -> Any:
    """Return a value of a form or of a row as JSON keeps it; rows by their keys, in order."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, models.QuerySet):
        return sorted(row.pk for row in value)
    if isinstance(value, list):
        return sorted(row.pk for row in value) if any(isinstance(row, Model) for row in value) else value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


class SeenForm(forms.ModelForm[Row]):
    """A model form that knows on what it was opened.

    ``conflicts`` holds what must be chosen when it was refused for that; ``joined`` the labels of the fields
    in which something saved meanwhile was kept.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts: list[Conflict] = []
        self.joined: list[str] = []
        self._current = self._values_of_row()
        self.initial["seen"] = signing.dumps(self._current, salt=SALT, compress=True)

    @property
    def changed_meanwhile(self) -> bool:
        """Whether it was refused because somebody else changed the same things."""
        return bool(self.conflicts)

    def clean(self) -> dict[str, Any]:
        """Join what was saved since the form was opened; ask for a choice where both changed the same."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk:
            return cleaned
        base = self._opened_on(str(cleaned.get("seen") or ""))
        if base == self._current:
            return cleaned
        for name in self._own_fields():
            if name in cleaned:
                self._join(name, base.get(name, UNKNOWN))
        if self.conflicts:
            self.add_error(
                None,
                _(
                    "Modifié entre-temps : quelqu’un a enregistré autre chose là où vous écriviez. Rien "
                    "n’est perdu : choisissez ci-dessous ce qui est gardé, puis enregistrez."
                ),
            )
        return self.cleaned_data

    def _join(self, name: str, was: Any) -> None:
        """Settle one field between what was typed and what was saved meanwhile."""
        mine, theirs = plain(self.cleaned_data[name]), self._current[name]
        if theirs in (mine, was):
            return
        bound = self[name]
        if mine == was:
            self.cleaned_data[name] = self._saved(name)
        elif isinstance(bound.field, forms.ModelMultipleChoiceField):
            before = set(was) if isinstance(was, list) else set(mine) | set(theirs)
            kept = (set(mine) & set(theirs)) | (set(mine) - before) | (set(theirs) - before)
            self.cleaned_data[name] = bound.field.queryset.filter(pk__in=kept)  # type: ignore[union-attr]
        elif isinstance(bound.field.widget, forms.Textarea):
            if not self._join_text(name, was if isinstance(was, str) else "", mine, theirs):
                return
        else:
            if not self._choose(name, was, mine, theirs):
                return
        self.joined.append(str(bound.label))

    def _join_text(self, name: str, was: str, mine: str, theirs: str) -> bool:
        passages = merge(was, mine, theirs)
        chosen = {one.key: self._choice(name, one.key) for one in passages if one.is_open}
        text = compose(passages, chosen)
        if text is None:
            self.conflicts.append(Conflict(str(self[name].label), self._choices(name, passages)))
            return False
        try:
            self.cleaned_data[name] = self.fields[name].clean(text)
        except ValidationError as error:  # both texts together may be too long
            self.add_error(name, error)
        return True

    def _choose(self, name: str, was: Any, mine: Any, theirs: Any) -> bool:
        key = key_of(name, repr(was), repr(mine), repr(theirs))
        choice = self._choice(name, key)
        if choice in (MINE, THEIRS):
            if choice == THEIRS:
                self.cleaned_data[name] = self._saved(name)
            return True
        sides = (
            (MINE, _("Votre valeur"), self.cleaned_data[name]),
            (THEIRS, _("Valeur enregistrée entre-temps"), self._saved(name)),
        )
        options = [
            Option(value, whose, [Piece("same", self._said(name, said))]) for value, whose, said in sides
        ]
        self.conflicts.append(Conflict(str(self[name].label), [Choice(_field_of(name, key), options)]))
        return False

    def _choices(self, name: str, passages: list[Passage]) -> list[Choice]:
        found = []
        for place, one in enumerate(passages):
            if not one.is_open:
                continue
            before = passages[place - 1].settled if place else ""
            after = passages[place + 1].settled if place + 1 < len(passages) else ""
            options = [
                Option(MINE, _("Votre texte"), words_changed(one.base, one.mine)),
                Option(THEIRS, _("Texte enregistré entre-temps"), words_changed(one.base, one.theirs)),
                Option(BOTH, _("Les deux, à la suite"), [Piece("same", one.chosen(BOTH))]),
            ]
            found.append(
                Choice(
                    _field_of(name, one.key),
                    options,
                    (before or "")[-CONTEXT:],
                    (after or "")[:CONTEXT],
                    self._choice(name, one.key),
                )
            )
        return found

    def _choice(self, name: str, key: str) -> str:
        return str(self.data.get(_field_of(name, key), ""))

    def _opened_on(self, seen: str) -> dict[str, Any]:
        """Return the values that the form showed; none where it does not say it as we did."""
        try:
            opened = signing.loads(seen, salt=SALT)
        except signing.BadSignature:
            return {}
        return opened if isinstance(opened, dict) else {}

    def _values_of_row(self) -> dict[str, Any]:
        names = self._own_fields()
        facts = model_to_dict(self.instance, names) if self.instance.pk else {}
        return {name: plain(value) for name, value in facts.items()}

    def _saved(self, name: str) -> Any:
        value = getattr(self.instance, name)
        return value.all() if isinstance(value, models.Manager) else value

    def _own_fields(self) -> list[str]:
        return [name for name in self.fields if name in self._meta.fields]  # type: ignore[operator]

    def _said(self, name: str, value: Any) -> str:
        """Say a value as its reader reads it."""
        if value in (None, ""):
            return "—"
        if isinstance(value, bool):
            return _("oui") if value else _("non")
        if isinstance(value, Decimal):
            return written(value)
        if isinstance(value, dt.date):
            return day(value.isoformat())
        if isinstance(value, list):
            return ", ".join(map(str, value))
        choices = getattr(self.fields[name], "choices", None)
        return str(dict(choices).get(value, value)) if choices and isinstance(value, str) else str(value)


def _field_of(name: str, key: str) -> str:
    """Return the name of the radio buttons of a choice."""
    return f"choose-{name}-{key}"
