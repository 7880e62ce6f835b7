"""Figures in words, beside the digits: a wrong zero is heard where it is not seen."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from num2words import num2words

from contracts.figures import written

MILLION = 10**6


def said(value: Decimal, *, in_euros: bool) -> str:
    """Return a number in digits, then in words: « 1 150 000 € · un million cent cinquante mille euros »."""
    digits = f"{written(value)}\u00a0€" if in_euros else written(value)
    return f"{digits} · {euros(value) if in_euros else number(value)}"


def euros(value: Decimal) -> str:
    """Return an amount in words, in the language of the page."""
    whole, cents = divmod(abs(value).quantize(Decimal("0.01")), 1)
    coins = int(cents * 100)
    parts = []
    if whole or not coins:
        # French says « un million d’euros » where nothing follows the millions
        unit = ngettext("euro", "euros", int(whole)) if whole % MILLION or not whole else _("d’euros")
        parts.append(f"{_whole(int(whole))} {unit}")
    if coins:
        unit = ngettext("centime", "centimes", coins)
        parts.append(f"{_whole(coins)} {unit}")
    return _signed(value, _(" et ").join(parts))


def number(value: Decimal) -> str:
    """Return a number in words, its decimals as they are read aloud: « douze virgule zéro cinq »."""
    whole, _point, part = format(abs(value).normalize(), "f").partition(".")
    words = _whole(int(whole))
    if part:
        zeros = len(part) - len(part.lstrip("0"))
        decimals = [_whole(0)] * zeros + [_whole(int(part))]
        if get_language() != "fr":
            decimals = [_whole(int(digit)) for digit in part]
        words = _("%(whole)s virgule %(part)s") % {"whole": words, "part": " ".join(decimals)}
    return _signed(value, words)


def _whole(count: int) -> str:
    return str(num2words(count, lang="fr" if get_language() == "fr" else "en"))


def _signed(value: Decimal, words: str) -> str:
    return _("moins %(words)s") % {"words": words} if value < 0 else words
