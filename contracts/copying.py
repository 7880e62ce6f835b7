"""A contract begun from an earlier one: its structure, and its figures where they are wanted.

What belongs to the earlier contract alone stays there: dates, people, the signature page, the files of its
annexes (what is annexed is taken up, to be provided anew), clauses that were left out with a reason of then.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.models import Annex, Clause, Commitment, Contract, Volet

TEXT = ("preamble", "perimeter_extension", "frameworks", "period_rule")
STRUCTURE = (
    *("title", "description", "party", "lead_id", "publishable"),
    *("indicator", "unit", "direction", "periodicity"),
)
ANNEX = ("order", "kind", "title", "publishable", "reason", "reason_words", "attached")
FIGURES = ("baseline", "target", "budget_eur")


def copy(
    source: Contract,
    into: Contract,
    *,
    figures: bool,
    wanted: Callable[[Commitment], bool] = lambda _row: True,
) -> int:
    """Copy the text of ``source`` into a contract that has none; return how many commitments were not.

    ``figures``: baselines, targets (their units come in any case) and budgets too; ``wanted(commitment)``
    says which commitments may be taken up. Deadlines and owners are to be given anew.
    """
    for name in TEXT:
        setattr(into, name, getattr(source, name))
    into.save(update_fields=TEXT)
    left = 0
    for volet in source.volets.prefetch_related("commitments__contributors", "commitments__lead"):
        made = Volet.objects.create(
            contract=into,
            template=volet.template,
            title=volet.title,
            order=volet.order,
            lead_id=volet.lead_id,
            text=volet.text,
        )
        kept = [row for row in volet.commitments.all() if wanted(row)]
        left += len(volet.commitments.all()) - len(kept)
        for place, row in enumerate(kept, start=1):
            facts = {name: getattr(row, name) for name in (*STRUCTURE, *(FIGURES if figures else ()))}
            copied = Commitment.objects.create(volet=made, order=place, **facts)
            copied.contributors.set(row.contributors.all())
    Clause.objects.bulk_create(
        Clause(
            contract=into, code=row.code, heading=row.heading, text=row.text, place=row.place, order=row.order
        )
        for row in source.clauses.all()
    )
    Annex.objects.bulk_create(
        Annex(contract=into, **{name: getattr(row, name) for name in ANNEX}) for row in source.annexes.all()
    )
    return left
