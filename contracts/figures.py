"""Numbers as people type them, in French or in English, whatever the language of the pages or the browser.

A browser set to English drops the comma of « 12,5 » from a ``type=number`` field and sends 125: these are
text fields, read here. What can be read in two ways is refused, and what was typed stays on the page.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

THIN = "\u202f"  # between thousands (Imprimerie nationale)
LONGEST = 40  # characters: fourteen digits and all that may stand between them
_SPACES = re.compile(r"\s+")  # no-break and thin ones too
_SIGN = r"(?P<sign>[-+\u2212])?\s*"
_PART = r"(?:(?P<point>[.,])(?P<part>[0-9]+))?"
_GROUPED = re.compile(
    _SIGN + r"(?P<whole>[1-9][0-9]{0,2}(?P<mark>[ .,])[0-9]{3}(?:(?P=mark)[0-9]{3})*)" + _PART
)
_PLAIN = re.compile(_SIGN + r"(?P<whole>[0-9]*)" + _PART)


def written(value: Decimal | int) -> str:
    """Write a number in French, without the zeros that only storage adds: « 1 150 000,50 », « 94 », « 12,5 ».

    An amount keeps its cents by twos: « ,5 » of an amount above a thousand is « ,50 ».
    """
    number = Decimal(value)
    whole, _point, part = format(abs(number).normalize(), "f").partition(".")
    if len(part) == 1 and len(whole) > 3:
        part += "0"
    grouped = f"{int(whole):,}".replace(",", THIN)
    return ("\u2212" if number < 0 else "") + grouped + (f",{part}" if part else "")


def read(typed: str) -> Decimal:
    """Return the number that was typed; raises ValidationError where it is none, or could be two."""
    line = _SPACES.sub(" ", typed).strip()
    line = line.removeprefix("€").removesuffix("€").strip()
    if len(line) > LONGEST:
        raise ValidationError(_("Ce nombre a trop de chiffres : vérifiez-le."), code="too_long")
    if found := _GROUPED.fullmatch(line):
        if found["mark"] != " " and found["point"] is None:
            _refuse_two_readings(line, found)
        if found["mark"] != found["point"]:
            return _number(found, re.sub(r"[ .,]", "", found["whole"]))
    found = _PLAIN.fullmatch(line)
    if found is None or not (found["whole"] or found["part"]):
        raise ValidationError(
            _("Ce n’est pas un nombre : écrivez-le en chiffres, par exemple « 1 150 000,50 »."),
            code="invalid",
        )
    return _number(found, found["whole"])


def _refuse_two_readings(line: str, found: re.Match[str]) -> None:
    """« 1,150 » is a thousand in English and one and a bit in French; « 0,150 » and « 1,150,000 » are not."""
    first, *others = found["whole"].split(found["mark"])
    if len(others) > 1:
        return
    sign = "\u2212" if found["sign"] in ("-", "\u2212") else ""
    facts = {
        "typed": line,
        "whole": f"{sign}{first}\u00a0{others[0]}",
        "part": f"{sign}{first},{others[0]}",
        "short": f"{sign}{first},{others[0][:2]}",
    }
    raise ValidationError(
        _(
            "« %(typed)s » peut se lire %(whole)s ou %(part)s : écrivez « %(whole)s », ou la virgule suivie "
            "de deux chiffres au plus, comme « %(short)s »."
        )
        % facts,
        code="ambiguous",
    )


def _number(found: re.Match[str], whole: str) -> Decimal:
    part = (found["part"] or "").rstrip("0")
    sign = "-" if found["sign"] in ("-", "\u2212") else ""
    return Decimal(f"{sign}{whole or '0'}.{part or '0'}")


class FigureInput(forms.TextInput):
    """A line for a number, with the keys for it on a phone.

    ``said`` is as what pages say back the number that was read (:mod:`contracts.spelled`), or nothing.
    """

    said = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Write the number in French; what was typed and refused stays as it was typed."""
        return written(value) if isinstance(value, Decimal | int) else super().format_value(value)


class SaidInput(FigureInput):
    """A line for a number that is said back."""

    said = "number"


class AmountInput(FigureInput):
    """A line for an amount in euros, which is said back."""

    said = "euros"


class FigureField(forms.DecimalField):
    """A decimal number; its digits are counted by the column's own measures."""

    widget: type[forms.Widget] = SaidInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Read what was typed, or nothing."""
        if isinstance(value, Decimal):
            return value
        typed = "" if value is None else str(value)
        return read(typed) if typed.strip() else None


class AmountField(FigureField):
    """An amount in euros."""

    widget = AmountInput


class CountField(forms.IntegerField):
    """A whole number: voices, not parts of them; as many as a small column holds."""

    widget = FigureInput({"inputmode": "numeric"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_value": 32_767, **kwargs})

    def to_python(self, value: Any) -> int | None:
        """Read what was typed, or nothing."""
        typed = "" if value is None else str(value)
        if not typed.strip():
            return None
        number = read(typed)
        if number != int(number):
            raise ValidationError(_("Écrivez un nombre entier, sans virgule."), code="whole")
        return int(number)
