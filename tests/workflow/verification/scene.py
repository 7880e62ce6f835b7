"""A contract that all signed, for who verifies it."""

from __future__ import annotations

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import once
from tests.stage import run_jobs


def signed(cast: Cast) -> Contract:
    """Return a small contract that all signed, sealed; to be asked for first."""

    def make() -> Contract:
        contract = plot.to_signing(small_contract(cast))
        plot.sign_next(contract)
        plot.record_resolution(contract)
        plot.sign_next(contract)
        run_jobs()
        return contract

    return once("verified", make)
