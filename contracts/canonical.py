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

from contracts.models import Commitment, Contract, Signatory, Volet
from stakeholders import letters

SCHEMA = 1
Content = dict[str, Any]


def encode(content: Content) -> bytes:
    """Return the canonical bytes of a content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(content: Content) -> str:
    """Return the SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(encode(content)).hexdigest()


def content_of(contract: Contract) -> Content:
    """Read the contract as it stands now into its canonical content.

    Keys: schema, reference, title, territory, communes, perimeter_extension, preamble,
    period {start, end, rule}, document_date, frameworks [{kind, label}], volets [{code,
    order, title, lead, text, commitments […]}], annexes, signatories.
    """
    volets = contract.volets.select_related("lead").prefetch_related(
        "commitments__lead", "commitments__owner", "commitments__contributors"
    )
    found = {
        "schema": SCHEMA,
        "reference": contract.reference,
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
        "volets": [_volet(volet) for volet in volets],
        "annexes": [
            {"kind": annex.kind, "title": annex.title, "publishable": annex.publishable}
            for annex in contract.annexes.all()
        ],
        "signatories": [_signatory(s) for s in contract.signatories.select_related("office__organisation")],
    }
    plain: Content = _plain(found)
    return plain


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

    An added, removed or reworded commitment counts; one that changed hands counts for both.
    """
    old, new = _commitments_by_id(before), _commitments_by_id(after)
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return {side[key]["lead"]["id"] for key in changed for side in (old, new) if key in side}


def commitments(content: Content) -> list[dict[str, Any]]:
    """Return every commitment of a content, in printed order, each with its volet's title."""
    return [
        {**commitment, "volet": volet["title"]}
        for volet in content["volets"]
        for commitment in volet["commitments"]
    ]


def total_budget(content: Content) -> str | None:
    """Return the sum of the budgets of a content, in euros, as a decimal number; None where none is given."""
    given = [Decimal(row["budget_eur"]) for row in commitments(content) if row["budget_eur"]]
    return _number(sum(given, Decimal(0))) if given else None


def _commitments_by_id(content: Content) -> dict[int, dict[str, Any]]:
    return {commitment["id"]: commitment for commitment in commitments(content)}


def _date(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _number(value: Decimal | None) -> str | None:
    """Write a decimal without the zeros that depend on how it was stored: 12.00 is 12."""
    if value is None:
        return None
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _volet(volet: Volet) -> dict[str, Any]:
    return {
        "code": volet.template,
        "order": volet.order,
        "title": volet.title,
        "lead": volet.lead.name if volet.lead else None,
        "text": volet.text,
        "commitments": [_commitment(commitment) for commitment in volet.commitments.all()],
    }


def _commitment(commitment: Commitment) -> dict[str, Any]:
    return {
        "id": commitment.pk,
        "number": commitment.number,
        "title": commitment.title,
        "description": commitment.description,
        "party": commitment.party,
        "lead": {"id": commitment.lead_id, "name": commitment.lead.name},
        "owner": str(commitment.owner) if commitment.owner else None,
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


def _signatory(signatory: Signatory) -> dict[str, Any]:
    holder = signatory.office.holder()
    return {
        "order": signatory.order,
        "field": signatory.field_name,
        "capacity": signatory.capacity,
        "person": str(holder) if holder else None,
        "organisation": signatory.office.organisation.name,
        "side": str(signatory.office.organisation.side),
        "kind": signatory.kind,
        "required": signatory.required,
        "needs_council_resolution": signatory.needs_council_resolution,
    }
