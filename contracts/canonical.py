"""The canonical content of a contract: what is frozen, hashed, compared and printed.

A version's hash must mean the same for ever, so the content is plain JSON made of
strings, booleans, whole numbers, lists and objects (decimal numbers as strings, dates in
ISO 8601), and its bytes are fixed: keys in order, no spaces, UTF-8 (as RFC 8785 does for
such values).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

from django.conf import settings

from contracts import kinds
from contracts.clauses import ANNEXES, clauses_of, filled, key_of
from contracts.models import Annex, Clause, Commitment, Contract, Signatory, Volet
from stakeholders import letters
from stakeholders.models import Mandate, Office, User
from stakeholders.permissions import holders_of

# 6: where its readers verify it (ADR 0027)
# 5: of each annex its file, whether the public may read it and why not, how it travels (ADR 0026)
# 4: long texts have a structure, derived from what is typed (ADR 0025)
# 3: the kind of contract, its clauses, how its signatories are empowered (ADR 0023)
# 2: a commitment's owner is an office; 1: it was a person's name
SCHEMA = 6
STRUCTURED = 4  # from this schema on, a line that begins with « - » is a point of a list
Content = dict[str, Any]
Offices = dict[int, list[Office]]  # of each person, those held today


def encode(content: Content) -> bytes:
    """Return the canonical bytes of a content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(content: Content) -> str:
    """Return the SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(encode(content)).hexdigest()


def content_of(contract: Contract) -> Content:
    """Read the contract as it stands now into its canonical content.

    Keys: schema, reference, kind {code, title, article}, title, territory, communes, perimeter_extension,
    preamble, period {start, end, rule}, document_date, frameworks [{kind, label}], clauses [{key, place,
    heading, text}], volets [{code, order, title, lead, text, commitments […]}], annexes [{key,
    number, kind, title, publishable, reason, reason_words, attached, file {sha256, size, pages} or none}],
    signatories, verified_at (the address that a version's own mark completes, ``contracts.printed.check``).
    The text of a clause is filled, and that of a volet which says nothing, or it is left out, as the kind of
    contract has it: what is hashed is what is printed.
    """
    volets = contract.volets.select_related("lead").prefetch_related(
        "commitments__lead", "commitments__contributors"
    )
    offices, kind = _offices_of_owners(contract), kinds.kind(contract.kind)
    found = {
        "schema": SCHEMA,
        "reference": contract.reference,
        "kind": {"code": contract.kind, "title": kind.title, "article": kind.article},
        "title": contract.title,
        "territory": contract.territory,
        "communes": list(contract.communes),
        "perimeter_extension": contract.perimeter_extension,
        "preamble": contract.preamble,
        "period": {
            "start": contract.period_start.isoformat(),
            "end": contract.period_end.isoformat(),
            "rule": contract.period_rule,
        },
        "document_date": _date(contract.document_date),
        "frameworks": [{"kind": f["kind"], "label": f["label"]} for f in contract.frameworks],
        "clauses": _clauses(contract),
        "volets": _filled_volets([_volet(volet, offices) for volet in volets], kind.empty_volet),
        "annexes": [_annex(number, row) for number, row in enumerate(contract.annexes.all(), start=1)],
        "signatories": _signatories(list(contract.signatories.select_related("office__organisation"))),
        "verified_at": f"{settings.PUBLIC_URL}/v/",
    }
    plain: Content = _plain(found)
    return plain


def around_volets(clauses: list[Clause], places: list[Signatory], contract: Contract) -> Content:
    """Return the part of :func:`content_of` that the parties and the visas are read in.

    Keys: schema, clauses, signatories. ``clauses`` and ``places`` are all of the contract's.
    """
    printed = [row for row in clauses if not row.left_out]
    found = {"schema": SCHEMA, "clauses": _filled(printed, contract), "signatories": _signatories(places)}
    plain: Content = _plain(found)
    return plain


def is_structured(content: Content) -> bool:
    """Whether the long texts of a content have a structure; of an older schema they are lines."""
    return int(content["schema"]) >= STRUCTURED


def _plain(value: Any) -> Any:
    """Write each text as it would be kept today: a row may be older than the rule."""
    if isinstance(value, str):
        return letters.plain(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def changed_leads(before: Content, after: Content) -> set[int]:
    """Return the keys of the organisations that lead a commitment which differs between two contents.

    An added, removed or reworded commitment counts; one that changed hands counts for both. One whose
    number alone followed the order does not: what is promised is the same.
    """
    told_alike = (before["schema"] == 1) == (after["schema"] == 1)
    old, new = (_commitments_by_id(content, owners=told_alike) for content in (before, after))
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return {side[key]["lead"]["id"] for key in changed for side in (old, new) if key in side}


def commitments(content: Content) -> list[dict[str, Any]]:
    """Return every commitment of a content, in printed order, each with its volet's title."""
    return [
        {**commitment, "volet": volet["title"]}
        for volet in content["volets"]
        for commitment in volet["commitments"]
    ]


def concerning(content: Content, organisation: int) -> list[str]:
    """Return the commitments that an organisation leads: « 4.1 Sécuriser les halls », in printed order."""
    return [
        f"{row['number']} {row['title']}" for row in commitments(content) if row["lead"]["id"] == organisation
    ]


def total_budget(content: Content) -> str | None:
    """Return the sum of the budgets of a content, in euros, as a decimal number; None where none is given."""
    given = [Decimal(row["budget_eur"]) for row in commitments(content) if row["budget_eur"]]
    return _number(sum(given, Decimal(0))) if given else None


def _commitments_by_id(content: Content, *, owners: bool) -> dict[int, dict[str, Any]]:
    """Return the commitments by their keys, without their numbers.

    Each with its owner, unless two schemas say owners otherwise.
    """
    rows = ({**row, "number": None} for row in commitments(content))
    return {row["id"]: row if owners else {**row, "owner": None} for row in rows}


def _date(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _number(value: Decimal | None) -> str | None:
    """Write a decimal without the zeros that depend on how it was stored: 12.00 is 12."""
    if value is None:
        return None
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _offices_of_owners(contract: Contract) -> Offices:
    held = Mandate.objects.in_force().filter(
        person__owned_commitments__volet__contract=contract, limited_type=None
    )
    found: Offices = {}
    for mandate in held.select_related("office__organisation").order_by("pk").distinct():
        found.setdefault(mandate.person_id, []).append(mandate.office)
    return found


def _owner(commitment: Commitment, offices: Offices) -> str | None:
    """Name the office that answers for a commitment: people come and go in the years that it runs.

    The one held in the organisation that leads it, or else another, with its organisation; none where
    the person holds none any more.
    """
    held = offices.get(commitment.owner_id or 0, [])
    own = next((office for office in held if office.organisation_id == commitment.lead_id), None)
    if own is not None:
        return own.title
    return str(held[0]) if held else None


def _clauses(contract: Contract) -> list[dict[str, Any]]:
    """Return the clauses that are printed; that which announces annexes only where there is one."""
    has_annexes = contract.annexes.exists()
    rows = [row for row in clauses_of(contract) if not row.left_out and (row.code != ANNEXES or has_annexes)]
    return _filled(rows, contract)


def _filled(rows: list[Clause], contract: Contract) -> list[dict[str, Any]]:
    return [
        {"key": key_of(row), "place": row.place, "heading": row.heading, "text": filled(row.text, contract)}
        for row in rows
    ]


def _volet(volet: Volet, offices: Offices) -> dict[str, Any]:
    return {
        "code": volet.template,
        "order": volet.order,
        "title": volet.title,
        "lead": volet.lead.name if volet.lead else None,
        "text": volet.text,
        "commitments": [_commitment(commitment, offices) for commitment in volet.commitments.all()],
    }


def _filled_volets(volets: list[dict[str, Any]], nothing: str) -> list[dict[str, Any]]:
    """Have the volets that say nothing say so, or leave them out; the others keep their numbers."""

    def says(volet: dict[str, Any]) -> bool:
        return bool(volet["commitments"] or volet["text"].strip())

    return [
        volet if says(volet) else {**volet, "text": nothing} for volet in volets if nothing or says(volet)
    ]


def _commitment(commitment: Commitment, offices: Offices) -> dict[str, Any]:
    return {
        "id": commitment.pk,
        "number": commitment.number,
        "title": commitment.title,
        "description": commitment.description,
        "party": commitment.party,
        "lead": {"id": commitment.lead_id, "name": commitment.lead.name},
        "owner": _owner(commitment, offices),
        "contributors": sorted(organisation.name for organisation in commitment.contributors.all()),
        "indicator": {
            "label": commitment.indicator,
            "unit": commitment.unit,
            "baseline": _number(commitment.baseline),
            "target": _number(commitment.target),
            "direction": commitment.direction,
            "periodicity": commitment.periodicity,
        }
        if commitment.indicator
        else None,
        "due_date": _date(commitment.due_date),
        "budget_eur": _number(commitment.budget_eur),
        "publishable": commitment.publishable,
    }


def _annex(number: int, annex: Annex) -> dict[str, Any]:
    """Return what a contract says of an annex: of its file, the hash that tells it from any other."""
    file = {"sha256": annex.file_sha256, "size": annex.size, "pages": annex.pages}
    return {
        "key": annex.pk,
        "number": number,
        "kind": annex.kind,
        "title": annex.title,
        "publishable": annex.publishable,
        "reason": annex.reason,
        "reason_words": annex.reason_words,
        "attached": annex.attached,
        "file": file if annex.file_sha256 else None,
    }


def _signatories(places: list[Signatory]) -> list[dict[str, Any]]:
    holders = holders_of(place.office_id for place in places)
    return [_signatory(place, holders[place.office_id]) for place in places]


def _signatory(signatory: Signatory, holder: User | None) -> dict[str, Any]:
    return {
        "order": signatory.order,
        "field": signatory.field_name,
        "capacity": signatory.capacity,
        "person": str(holder) if holder else None,
        "civility": holder.civility if holder else "",
        "organisation": signatory.office.organisation.name,
        "side": str(signatory.office.organisation.side),
        "kind": signatory.kind,
        "required": signatory.required,
        "needs_council_resolution": signatory.needs_council_resolution,
        "authorised_by": signatory.authorised_by,
    }
