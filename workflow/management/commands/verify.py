"""``manage.py verify FILE``: the same as anywhere, and what this installation knows of the file."""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError

from signatures.limited import MAX_BYTES
from signatures.management.commands import verify
from signatures.report import Verdict
from signatures.validation import Examined
from workflow.verification.known import known
from workflow.verification.results import Result


class Command(verify.Command):
    """Says whether it is a contract of ours, complete and final, and which entries of the journal agree.

    A contract that is not complete is never valid here: 3 at best. Where no database answers, the file
    is judged by itself.
    """

    def told(self, file: Path, examined: Examined) -> verify.Told:
        """Look for the file among our contracts."""
        by_itself = examined.report.verdict
        if examined.evidence.size > MAX_BYTES:
            return verify.Told(by_itself)
        try:
            result = Result(examined, known(file.read_bytes(), examined.evidence))
        except DatabaseError:
            return verify.Told(by_itself)
        is_open = by_itself == Verdict.PASSED and result.said.look != "done"
        lines = [*([result.said.headline] if is_open else []), result.told, *result.entries]
        data = {"contract": result.as_data()["contract"]}
        return verify.Told(Verdict.INDETERMINATE if is_open else by_itself, lines, data)
