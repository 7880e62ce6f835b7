"""What was set is not set again: a contract printed after a session of drafting costs little."""

from __future__ import annotations

import time

from contracts.printed import render
from tests.contracts.contents import COMMITMENT, FROZEN_AT, content

TEXT = "Les communes tiennent une permanence ; les associations et les bailleurs y prennent leur part. "


def spent(title: str, preamble: str) -> float:
    """Print forty commitments; return the processor's seconds, of all threads."""
    texts = {f"1.{n}": f"{n}. {TEXT * 6}" for n in range(1, 41)}
    commitments = [{**COMMITMENT, "number": n, "description": text} for n, text in texts.items()]
    volets = [{**content()["volets"][0], "commitments": commitments}]
    start = time.process_time()
    render(content(title=title, preamble=preamble, volets=volets), specimen=False, frozen_at=FROZEN_AT)
    return time.process_time() - start


def test_a_changed_paragraph_does_not_have_the_others_set_again() -> None:
    spent("Contrat", "Préambule.")
    # The title is among the styles of every line: another one has all of them set anew.
    whole = min(spent(f"Contrat {n}", "Préambule.") for n in range(3))
    changed = min(spent("Contrat 2", f"Préambule {n}.") for n in range(3))
    assert changed < whole * 0.6
