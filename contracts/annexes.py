"""What an annex is called, what is said of it, and its place: from its row or from a frozen content.

A content of schema 5 says of each annex its file and how it travels; an older one names it by its title.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Annex, AnnexKind, Contract, Restriction

AT_MOST = 60  # annexes of one contract
MEBIBYTE = 1024 * 1024
MOST_ATTACHED = 20 * MEBIBYTE  # bytes, of all that travel inside one PDF: one of 50 MB is not verified
MOST_KEPT = 100 * MEBIBYTE  # bytes, of all the annexes of one contract
NAME = 60  # characters of a title in the name of a file
UP, DOWN = "up", "down"
Row = dict[str, Any]


def holds_files(content: Row) -> bool:
    """Whether this content says of its annexes which file each is."""
    return all("key" in annex for annex in content["annexes"])


def changed(before: Row, after: Row) -> list[Row]:
    """Return the annexes whose file, nature or publication differs between two contents, or in one alone.

    Their titles, their numbers and how they travel may differ: what they say is the same. An older text
    (schema 4 or less) held no file: any that the later one holds is new to whoever read the older.
    """
    if not holds_files(after):
        return []
    kept = before["annexes"] if holds_files(before) else []
    old, new = ({row["key"]: row for row in rows} for rows in (kept, after["annexes"]))
    found = [row for key, row in new.items() if key not in old or _substance(old[key]) != _substance(row)]
    return found + [row for key, row in old.items() if key not in new]


def _substance(annex: Row) -> tuple[str, str, bool]:
    return (annex["file"] or {}).get("sha256", ""), annex["kind"], annex["publishable"]


def enclosed(content: Row) -> list[Row]:
    """Return the annexes that travel inside the PDF of this content, in order."""
    return [annex for annex in content["annexes"] if annex.get("attached") and annex.get("file")]


def kind_of(annex: Row) -> str:
    """Name what an annex is; a version may hold a kind that the code no longer knows."""
    return str(dict(AnnexKind.choices).get(annex["kind"], annex["kind"]))


def reason_of(annex: Row) -> str:
    """Return why the public may not read an annex, as the act cites it; nothing of one that it may."""
    if annex["publishable"]:
        return ""
    words = annex.get("reason_words", "").strip()
    if annex.get("reason") in ("", None, Restriction.OTHER.value):
        return str(words)
    named = str(dict(Restriction.choices).get(annex["reason"], annex["reason"]))
    return f"{named} ; {words}" if words else named


def pages_of(count: int) -> str:
    """Say how many pages there are."""
    return ngettext("%(n)d page", "%(n)d pages", count) % {"n": count}


def grouped(sha256: str) -> str:
    """Write a hash in groups of four digits, as people compare them."""
    return " ".join(sha256[start : start + 4] for start in range(0, len(sha256), 4))


def fields_of(annex: Row) -> dict[str, str]:
    """Return what a frozen annex says, by the name of each part, as a reader reads it."""
    file = annex["file"] or {"sha256": "", "pages": 0}
    return {
        _("Intitulé"): annex["title"],
        _("Nature"): kind_of(annex),
        _("Fichier"): f"{pages_of(file['pages'])}, SHA-256 {file['sha256'][:16]}…" if annex["file"] else "",
        _("Publiable"): _("oui") if annex["publishable"] else _("non"),
        _("Motif de la restriction"): reason_of(annex),
        _("Jointe au PDF du contrat"): _("oui") if annex["attached"] else _("non"),
    }


def file_name(annex: Row) -> str:
    """Name the file of an annex, in letters that any system takes."""
    words = slugify(annex["title"].replace("’", "-").replace("'", "-"))
    short = words if len(words) <= NAME else words[: NAME + 1].rpartition("-")[0] or words[:NAME]
    return "-".join(filter(None, (f"Annexe-{annex['number']:02d}", short))) + ".pdf"


def same_file(annex: Annex) -> Annex | None:
    """Return another annex of the contract whose file is the same, to the byte, if there is one."""
    others = Annex.objects.filter(contract=annex.contract_id, file_sha256=annex.file_sha256)
    return others.exclude(pk=annex.pk).order_by("order").first() if annex.file_sha256 else None


def next_place(contract: Contract) -> int:
    """Return the place after the last annex's."""
    last = contract.annexes.last()
    return last.order + 1 if last else 1


@transaction.atomic
def put(annex: Annex, place: int) -> None:
    """Put an annex at a place among those of its contract, from 1; beyond the last one, last."""
    rows = list(annex.contract.annexes.exclude(pk=annex.pk))
    rows.insert(max(place, 1) - 1, annex)
    _renumber(rows)


def step(annex: Annex, direction: str) -> None:
    """Move an annex by one place; the first does not go up, nor the last down."""
    before = annex.contract.annexes.filter(order__lt=annex.order).count()
    put(annex, max(1, before + (2 if direction == DOWN else 0)))


@transaction.atomic
def withdraw(annex: Annex) -> None:
    """Take an annex out of the draft; those after it come up. The versions that hold it keep its file."""
    contract = annex.contract
    annex.delete()
    _renumber(list(contract.annexes.all()))


def _renumber(rows: Sequence[Annex]) -> None:
    for place, row in enumerate(rows, start=1):
        row.order = place
    Annex.objects.bulk_update(rows, ["order"])


def why_too_much(contract: Contract, changed: Annex) -> tuple[str, str]:
    """Return the field and the sentence by which an annex, as it would be, is too much; or two nothings."""
    others = [row for row in contract.annexes.all() if row.pk != changed.pk]
    if len(others) >= AT_MOST:
        said = _("Un contrat porte %(most)d annexes au plus : réunissez-en plusieurs dans un même fichier.")
        return "title", said % {"most": AT_MOST}
    if sum(row.size for row in others) + changed.size > MOST_KEPT:
        said = _("Les annexes de ce contrat dépasseraient %(most)d Mo en tout : réduisez ce fichier.")
        return "file", said % {"most": MOST_KEPT // MEBIBYTE}
    attached = sum(row.size for row in others if row.attached)
    if changed.attached and attached + changed.size > MOST_ATTACHED:
        said = _(
            "Les annexes jointes au PDF dépasseraient %(most)d Mo en tout : "
            "laissez celle-ci à côté du contrat."
        )
        return "attached", said % {"most": MOST_ATTACHED // MEBIBYTE}
    return "", ""
