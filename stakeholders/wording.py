"""Days and hours in words, in the language of whoever reads."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.formats import date_format


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
        return f"{first}\u00a0{date_format(value, 'F Y')}"
    return date_format(value, "j F Y")


def in_sentence(title: str) -> str:
    """Write an office within a sentence: « préfète de l’Orme », and « DGS » as it is."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def moment(value: dt.datetime | None) -> str:
    """Write a day and an hour: « 23 novembre 2026, 9 h 12 »."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    hour = f"{local.hour}\u00a0h\u00a0{local:%M}" if translation.get_language() == "fr" else f"{local:%H:%M}"
    return f"{day(local)}, {hour}"
