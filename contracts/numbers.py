"""The numbers of commitments: printed, quoted for years, so one of each a contract."""

from __future__ import annotations

import re

from contracts.models import Commitment, Contract, Volet


def key(number: str) -> str:
    """Return what two numbers that readers cannot tell apart share: « 2.4 » and « 2.4. » are one."""
    return re.sub(r"\s", "", number).casefold().rstrip(".")


def bearer(contract: Contract, number: str, *, but: Commitment | None = None) -> Commitment | None:
    """Return the commitment of the contract that bears this number already, ``but`` one aside, if any."""
    rows = Commitment.objects.filter(volet__contract=contract).select_related("volet")
    return next((row for row in rows if row != but and key(row.number) == key(number)), None)


def proposed(volet: Volet) -> str:
    """Return the number after the last of a volet, or the next that is free in the contract."""
    rows = Commitment.objects.filter(volet__contract=volet.contract_id).values_list("number", flat=True)
    taken = {key(number) for number in rows}
    found = (re.fullmatch(rf"{volet.order}\.(\d+)", key(row.number)) for row in volet.commitments.all())
    place = max((int(match[1]) for match in found if match), default=0) + 1
    while key(f"{volet.order}.{place}") in taken:
        place += 1
    return f"{volet.order}.{place}"
