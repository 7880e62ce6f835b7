"""What EN 319 102-1 § 5.1.3 says of each signature of a file, closed by what is wrong with the whole file."""

from __future__ import annotations

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate

from signatures.report import Problem, Report, SignatureRow, Verdict, worst

FAILED = {one.standard_name for one in AdESFailure}
_OPEN = {one.standard_name for one in AdESIndeterminate}
_OF_CHANGE = frozenset(
    {
        *("broken", "forbidden_change", "changed_after_last", "trailing_bytes", "partial", "bad_proofs"),
        *("dressed_timestamp", "field_added", "unexpected_signature"),
    }
)


def concerning(report: Report, row: SignatureRow) -> list[Problem]:
    """Return the reasons that weigh on one signature: its own, and those of the whole file."""
    others = {one.field for one in report.signatures} - {row.field}
    return [problem for problem in report.problems if problem.field not in others]


def said_of(report: Report, row: SignatureRow) -> tuple[Verdict, str]:
    """Return the indication of one signature and its sub-indication, blank when it passes."""
    reasons = concerning(report, row)
    verdict = worst([row.verdict, *(problem.verdict for problem in reasons)])
    return verdict, _sub_indication(verdict, row.sub_indication, reasons)


def said_of_file(report: Report) -> tuple[Verdict, str]:
    """Return the same of a file in which no signature could be read."""
    return report.verdict, _sub_indication(report.verdict, "", report.problems)


def _sub_indication(verdict: Verdict, said: str, reasons: list[Problem]) -> str:
    """Return a sub-indication that the standard has under this indication (EN 319 102-1, tables 5 and 6)."""
    if verdict == Verdict.PASSED:
        return ""
    if verdict == Verdict.INDETERMINATE:
        return said if said in _OPEN else "GENERIC"
    if said in FAILED:
        return said
    return "HASH_FAILURE" if any(one.code in _OF_CHANGE for one in reasons) else "FORMAT_FAILURE"
