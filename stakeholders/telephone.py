"""The telephone of an office, as a colleague gives it: read, and written in one way."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.text import LineField

BETWEEN = " \u00a0\u202f.-/()"
_NATIONAL = re.compile(r"0[1-9]\d{8}", re.ASCII)  # the French numbering plan
_SHORT = re.compile(r"[13]\d{1,3}", re.ASCII)  # 17, 115, 3939
_ABROAD = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # ITU-T E.164: fifteen digits at most


def telephone(value: str) -> str:
    """Return a number as it is read aloud: « 02 33 00 00 00 », « 3939 », « +32 470123456 » as it came.

    Raises ValidationError that says what a number is.
    """
    digits = "".join(sign for sign in value.replace("(0)", "") if sign not in BETWEEN)
    for prefix in ("+33", "0033"):
        if digits.startswith(prefix):
            digits = "0" + digits.removeprefix(prefix).removeprefix("0")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if _NATIONAL.fullmatch(digits):
        return " ".join(re.findall(r"\d\d", digits))
    if _SHORT.fullmatch(digits):
        return digits
    if _ABROAD.fullmatch(digits):
        return " ".join(value.split()) if value.strip().startswith("+") else digits
    raise ValidationError(
        _(
            "Un numéro de téléphone a dix chiffres, comme « 02 33 00 00 00 », ou commence par + "
            "hors de France."
        ),
        code="telephone",
    )


class TelephoneField(LineField):
    """A telephone number, its digits grouped as one likes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"label": gettext_lazy("Téléphone"), "max_length": 40, "required": False, **kwargs}
        )
        self.widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}

    def clean(self, value: Any) -> str:
        """Check the number."""
        text: str = super().clean(value)
        return telephone(text) if text else ""
