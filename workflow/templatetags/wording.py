"""How pages write days, hours, numbers and states."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from contracts.figures import written
from contracts.merging import Piece
from contracts.models import Contract, Status
from stakeholders.kinds import Power
from stakeholders.substitution import SUBSTITUTABLE
from stakeholders.wording import day, hour, in_sentence, moment, weekday
from workflow.engine.lateness import mail_minutes_late
from workflow.tasks.keyset import COUNTED_AT_MOST

register = template.Library()

ICONS = {
    "done": "check2-circle",
    "now": "hourglass-split",
    "late": "clock-history",
    "wait": "circle",
    "stop": "x-octagon",
}


register.filter(day)
register.filter(weekday)
register.filter(in_sentence)
register.filter(hour)
register.filter(moment)


@register.filter
def fingerprint(sha256: str) -> str:
    """Shorten a SHA-256 so that two people can compare it aloud: « 9f2c 41d7 … 0be8 »."""
    return f"{sha256[:4]} {sha256[4:8]} … {sha256[-4:]}" if sha256 else ""


@register.filter
def powers(codenames: list[str]) -> str:
    """Say which acts a substitute does: « Rendre les avis, Approuver le texte »."""
    return ", ".join(str(SUBSTITUTABLE[Power(codename)]) for codename in codenames)


@register.filter
def words_marked(pieces: list[Piece]) -> SafeString:
    """Mark the new words and the gone ones, without a space of ours; say that nothing is left."""
    if not pieces:
        return format_html("<em>{}</em>", _("(supprimé)"))
    marks = {"new": mark_safe("ins"), "gone": mark_safe("del"), "same": mark_safe("span")}
    return format_html_join("", "<{0}>{1}</{0}>", ((marks[piece.kind], piece.text) for piece in pieces))


register.simple_tag(mail_minutes_late)


@register.simple_tag
def state(look: str, word: str) -> SafeString:
    """Show a state by a word, a colour and an icon together."""
    return format_html(
        '<span class="st {}"><i class="bi bi-{}" aria-hidden="true"></i> {}</span>',
        look,
        ICONS.get(look, "circle"),
        word,
    )


@register.simple_tag
def contract_state(status: str) -> SafeString:
    """Show where a contract stands, as a state."""
    # not get_status_display: it reads every choice again for each row of a list
    look = {Status.SIGNED: "done", Status.EXPIRED: "wait", Status.ABANDONED: "stop"}.get(
        Status(status), "now"
    )
    return state(look, str(Status(status).label))


@register.simple_tag
def contract_row(contract: Contract) -> SafeString:
    """Show a contract as a row of a list; what a row says is rendered once a process."""
    said = (contract.pk, contract.reference, contract.title, contract.territory, contract.status)
    return _contract_row(*said, translation.get_language())


@lru_cache(maxsize=5000)
def _contract_row(
    pk: int, reference: str, title: str, territory: str, status: str, _language: str | None
) -> SafeString:
    said = {"pk": pk, "reference": reference, "title": title, "territory": territory, "status": status}
    return render_to_string("tasks/_partials/contract_row.html", {"contract": said})


@register.filter
def quantity(indicator: dict[str, str] | None) -> str:
    """Write an indicator's way: « 94 → 106 agents »."""
    if not indicator or not indicator.get("target"):
        return ""
    values = (
        [indicator["baseline"], indicator["target"]] if indicator.get("baseline") else [indicator["target"]]
    )
    shown = " → ".join(number(value) for value in values)
    return f"{shown} {indicator['unit']}".strip()


@register.filter
def number(value: str | None) -> str:
    """Write a decimal number as the reader's language does: 1150000.5 is « 1 150 000,5 »."""
    if not value:
        return ""
    if translation.get_language() == "fr":
        return written(Decimal(value))
    whole, _point, part = value.partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")


@register.filter
def capped(count: int) -> str:
    """Write how many rows a list has, as far as lists count: « 12 », then « 1 000+ »."""
    text = number(str(min(count, COUNTED_AT_MOST)))
    return f"{text}+" if count > COUNTED_AT_MOST else text


@register.filter
def is_capped(count: int) -> bool:
    """Tell whether there are more rows than lists count."""
    return count > COUNTED_AT_MOST
