"""Why the bytes of a file are refused: a stable code, worded by ``reasons``, raised where it is seen."""

from __future__ import annotations

from signatures import reasons


class Fault(Exception):
    """The file cannot be taken as it is; ``code`` is stable, ``which`` tells two sentences of it apart."""

    def __init__(self, code: str, field: str = "", which: str = "") -> None:
        super().__init__(code)
        self.code, self.field, self.which = code, field, which

    @property
    def message(self) -> str:
        """Return the sentence, in the language of whoever asks."""
        return reasons.sentence(self.code, self.field, self.facts)

    @property
    def facts(self) -> dict[str, str]:
        """Return what the sentence needs besides the field."""
        return {"which": self.which} if self.which else {}


Open = list[Fault] | None  # what is left open is added to it; None leaves nothing open


def leave_open(odd: Open, oddity: Fault, fault: Fault) -> None:
    """Write ``oddity`` down when the file may be another tool's, and go on; else raise ``fault``.

    Only for what changes nothing of what was signed and nothing of what readers show, or for what
    the signature may have permitted: honest tools write so, and nobody can tell whether one did.
    """
    if odd is None:
        raise fault
    if not any((one.code, one.field) == (oddity.code, oddity.field) for one in odd):
        odd.append(oddity)


def malformed() -> Fault:
    """Say that an object cannot be read as the norm wants it written."""
    return Fault("malformed")


def bad_table() -> Fault:
    """Say that the cross-reference table and the content do not agree."""
    return Fault("bad_table")


def bad_end() -> Fault:
    """Say that the file, or one of its revisions, does not end as it should."""
    return Fault("bad_end")


def stray_bytes() -> Fault:
    """Say that bytes stand between the objects."""
    return Fault("stray_bytes")


def hidden_object() -> Fault:
    """Say that a rebuild of the table would find an object that the table does not have."""
    return Fault("hidden_object")


def late_object() -> Fault:
    """Say that an object was added that an older revision already named, without having it."""
    return Fault("hidden_object", which="late")


def duplicate_object() -> Fault:
    """Say that one revision defines one object twice."""
    return Fault("duplicate_object")


def too_complex() -> Fault:
    """Say that reading the file to its end would cost too much."""
    return Fault("too_complex")


def encrypted() -> Fault:
    """Say that the file is encrypted."""
    return Fault("encrypted")


def bad_tree() -> Fault:
    """Say that pages or fields are linked in a way that readers do not follow alike."""
    return Fault("bad_tree")


def bad_range(name: str) -> Fault:
    """Say that a signature does not cover exactly one revision, its own value left out."""
    return Fault("partial", name)


def bad_contents(name: str) -> Fault:
    """Say that the place of a signature holds something else than one CMS and zeros."""
    return Fault("bad_contents", name)


def stray_signature() -> Fault:
    """Say that a signature value belongs to no field, or to two."""
    return Fault("stray_signature")


def forbidden_change(name: str) -> Fault:
    """Say that something changed after the signature ``name`` that nobody may change."""
    return Fault("forbidden_change", name)


def changed_by_signing(name: str) -> Fault:
    """Say that the revision of the signature ``name``, the first, does more than sign what was agreed."""
    return Fault("forbidden_change", name, which="signing")


def metadata_changed(name: str) -> Fault:
    """Say that the title, the author or the like changed after the signature ``name``."""
    return Fault("forbidden_change", name, which="metadata")


def unused_object(name: str) -> Fault:
    """Say that objects that serve nothing were put into the file after the signature ``name``."""
    return Fault("forbidden_change", name, which="unused")


def field_added(name: str) -> Fault:
    """Say that a signature field was added after the signature ``name``."""
    return Fault("field_added", name)


def dressed_timestamp(name: str) -> Fault:
    """Say that a document time-stamp may show something on a page."""
    return Fault("dressed_timestamp", name)


def bad_proofs(name: str) -> Fault:
    """Say that the kept proofs (DSS) changed otherwise than by additions."""
    return Fault("bad_proofs", name)


def changed_after_last() -> Fault:
    """Say that the file goes on after what the last signature or time-stamp covers."""
    return Fault("changed_after_last")


def timestamp_unlisted(name: str) -> Fault:
    """Say that a document time-stamp comes from an authority that may not seal here."""
    return Fault("timestamp_unlisted", name)


def timestamps_backwards(name: str) -> Fault:
    """Say that a document time-stamp is older than one that it covers."""
    return Fault("timestamps_backwards", name)


def hybrid_table() -> Fault:
    """Say that the file has two tables, of which a reader follows one or the other."""
    return Fault("hybrid_table")


def external_content() -> Fault:
    """Say that a part of what is shown is in another file, which nothing signs."""
    return Fault("external_content")


def other_content() -> Fault:
    """Say that some readers show a form (XFA) in the place of the pages."""
    return Fault("other_content")


def loose_bytes() -> Fault:
    """Say that comments or padding stand between the objects of a later revision."""
    return Fault("loose_bytes")


def ber_contents(name: str) -> Fault:
    """Say that a CMS is not written in DER (ISO 32000-2 § 12.8.3.3.1)."""
    return Fault("ber_contents", name)


def form_filled(name: str) -> Fault:
    """Say that fields of the form were filled in after the signature ``name``."""
    return Fault("form_filled", name)


def unused_objects(name: str) -> Fault:
    """Say that a tool left objects that nothing refers to after the signature ``name``."""
    return Fault("unused_objects", name)


def proofs_rewritten(name: str) -> Fault:
    """Say that the kept proofs were written anew after the signature ``name``."""
    return Fault("proofs_rewritten", name)


def properties_rewritten(name: str) -> Fault:
    """Say that a tool wrote of itself in the properties after the signature ``name``."""
    return Fault("properties_rewritten", name)
