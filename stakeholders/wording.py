"""Days and hours in words, in the language of whoever reads."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def day(value: dt.date | dt.datetime | str | None) -> str:
    """Write a day in words: « 1er septembre 2028 »; nothing for no day."""
    if isinstance(value, str):
        value = parse_date(value)
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    if translation.get_language() == "fr":
        first = "1er" if value.day == 1 else str(value.day)
        return f"{first}\u00a0{date_format(value, 'F')} {value.year:04d}"
    return date_format(value, "j F Y")


def weekday(value: dt.date | dt.datetime | str | None) -> str:
    """Write a day with its name: « lundi 28 décembre 2026 »; nothing for no day."""
    if isinstance(value, str):
        value = parse_date(value)
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    return f"{date_format(value, 'l')} {day(value)}" if value is not None else ""


def in_sentence(title: str) -> str:
    """Write an office within a sentence: « préfète de l’Orme », and « DGS » as it is."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def figures(value: dt.date | None) -> str:
    """Write a day in figures: « 01/09/2028 »; nothing for no day."""
    # not %Y, which writes the year 26 as the C library does
    return f"{value:%d/%m}/{value.year:04d}" if value else ""


def hour(value: dt.datetime | None, *, seconds: bool = False) -> str:
    """Write an hour: « 9 h 12 »; the one that comes twice in October says of which time it is.

    With ``seconds``: « 9 h 12 min 05 s ».
    """
    if value is None:
        return ""
    local = timezone.localtime(value)
    if translation.get_language() == "fr":
        after = f"\u00a0min\u00a0{local:%S}\u00a0s" if seconds else ""
        said = f"{local.hour}\u00a0h\u00a0{local:%M}{after}"
    else:
        said = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{said} ({_season(local)})" if _comes_twice(local) else said


def moment(value: dt.datetime | None, *, seconds: bool = False) -> str:
    """Write a day and an hour: « 23 novembre 2026, 9 h 12 »."""
    return f"{day(value)}, {hour(value, seconds=seconds)}" if value else ""


def _comes_twice(local: dt.datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _season(local: dt.datetime) -> str:
    return _("heure d’été") if local.dst() else _("heure d’hiver")
