"""The closed list of what may change after a signature: all the rest is refused.

A later revision may fill an empty signature field (its value and its appearance), add a
document time-stamp in a bare field, and add proofs (DSS). Each object that it writes must
be accounted for by one of these; nothing is tolerated because it looks harmless.
"""

from __future__ import annotations

import re
from typing import Any

from signatures.verification.defaults import are_fonts, are_idle, is_appearance
from signatures.verification.faults import (
    Fault,
    Open,
    bad_proofs,
    changed_after_last,
    changed_by_signing,
    dressed_timestamp,
    field_added,
    forbidden_change,
    form_filled,
    leave_open,
    loose_bytes,
    metadata_changed,
    proofs_rewritten,
    properties_rewritten,
    stray_bytes,
    unused_object,
    unused_objects,
)
from signatures.verification.proofs import BadProofs, Growth
from signatures.verification.properties import (
    OF_THE_TOOL,
    VERSIONS,
    are_extensions,
    differ_by_date,
    differ_by_tool,
    is_maintained,
    is_of_the_tool,
)
from signatures.verification.signed import Field, Signed, Table, array, dictionary, fields, pages
from signatures.verification.structure import Revision, Structure
from signatures.verification.syntax import Ref, references, same
from signatures.verification.timestamp_fields import is_bare, is_token

# what a table says of itself; everything else in a trailer is the document's
_OF_THE_TABLE = {"Size", "Prev", "ID", "Type", "W", "Index", "Length", "Filter", "DecodeParms"}
_STREAM_KEYS = {
    "XRef": _OF_THE_TABLE | {"Root", "Info"},
    "ObjStm": {"Type", "N", "First", "Length", "Filter", "DecodeParms"},
}
_VALUE_KEYS = {
    *("Type", "Filter", "SubFilter", "Contents", "ByteRange", "M", "Name", "Reason", "Location"),
    *("ContactInfo", "Reference", "Prop_Build", "Prop_AuthTime", "Prop_AuthType", "V"),
}
_APPEARANCE_KEYS = {
    *("Type", "Subtype", "BBox", "Matrix", "Resources", "Length", "Filter", "DecodeParms"),
    *("FormType", "Group", "Name"),
}
_ENTRY_KEYS = ("V", "AP", "AS")
_OURS = re.compile(r"Signataire-\d{2,3}")


def check(structure: Structure, signed: list[Signed], odd: Open = None) -> None:
    """Raise Fault when a revision after the first signature does anything that is not on the list.

    With a list ``odd``, what another tool may honestly do besides is added to it.
    """
    if not signed:
        return
    before: Table = {}
    last_trailer: dict[str, Any] = {}
    for index, (revision, table) in enumerate(structure.tables()):
        here = next((one for one in signed if one.revision == index), None)
        if here is signed[0] and index and is_ours(structure.root, before):
            _signs_only(_Changes(structure, revision, before, table, here.name, here, odd), last_trailer)
        elif index > signed[0].revision:
            latest = [one for one in signed if one.revision < index][-1]
            try:
                _Changes(structure, revision, before, table, latest.name, here, odd).check(last_trailer)
            except Fault as fault:
                if fault.code == "forbidden_change" and index > signed[-1].revision:
                    raise changed_after_last() from None
                raise
        if index >= signed[0].revision - 1:
            before, last_trailer = dict(table), revision.trailer
    last = signed[-1]
    covers_all = last.value["ByteRange"][2] + last.value["ByteRange"][3] == len(structure.file.data)
    if last.revision == len(structure.revisions) - 1 and not covers_all:
        raise changed_after_last()


def is_ours(root: int, table: Table) -> bool:
    """Tell whether these objects are those of a contract of ours, by the names of its fields."""
    return any(_OURS.fullmatch(field.name) for field in fields(root, table))


def _signs_only(changes: _Changes, last_trailer: dict[str, Any]) -> None:
    """Refuse the revision of the first signature of a contract of ours if it does more than sign.

    What was agreed is the revision before it, which no signature covers yet.
    """
    try:
        changes.check(last_trailer)
    except Fault as fault:
        raise changed_by_signing(changes.name) from fault


class _Changes:
    """What one revision changes, after the signature ``name`` and for ``here``."""

    def __init__(
        self,
        structure: Structure,
        revision: Revision,
        before: Table,
        after: Table,
        name: str,
        here: Signed | None,
        odd: Open,
    ) -> None:
        self.structure, self.revision, self.root = structure, revision, structure.root
        self.before, self.after, self.name, self.here, self.odd = before, after, name, here, odd
        self.catalogs = before[structure.root].value, after[structure.root].value
        self.certified = "DocMDP" in dictionary(self.catalogs[0].get("Perms"), before)
        # other tools date their work in the properties at each revision, and so does the tool with which
        # somebody signs a contract of ours; we never do
        ours = is_ours(structure.root, before)
        self.signs_ours = ours and here is not None and not here.is_timestamp
        self.dated = not ours or self.signs_ours
        self.explained: set[int] = set()
        self.grew = self.filled = False  # proofs were added, fields of the form filled in

    def check(self, last_trailer: dict[str, Any]) -> None:
        """Raise Fault unless every object of the revision is accounted for."""
        if self.revision.loose:
            leave_open(self.odd, loose_bytes(), stray_bytes())
        if self.revision.freed - {0}:
            raise self.forbidden()
        self._trailer(last_trailer, self.revision.trailer)
        self._tables()
        self._catalog()
        added = self._form()
        if self.here is None and not self.grew and not self.filled:
            raise changed_after_last()  # a revision that neither signs nor brings a proof
        self._pages(added)
        if self.here is not None:
            self._value(self.here)
        unexplained = self.revision.objects.keys() - self.explained
        if unexplained & self.before.keys():
            raise self.forbidden()
        if unexplained:
            leave_open(self.odd, unused_objects(self.name), unused_object(self.name))

    def forbidden(self) -> Fault:
        return forbidden_change(self.name)

    def _is_new(self, number: int) -> bool:
        return number in self.revision.objects and number not in self.before

    def _explain(self, number: int) -> None:
        """Account for a changed object that only its one holder refers to."""
        if number in self.revision.objects:
            if number in self.before and self.structure.uses[number] != 1:
                raise self.forbidden()
            self.explained.add(number)

    def _explain_below(self, value: Any) -> None:
        """Account for every new object that ``value`` leads to."""
        waiting = references(value)
        while waiting:
            number = waiting.pop().number
            if self._is_new(number) and number not in self.explained:
                self.explained.add(number)
                waiting += self.after[number].references

    # the trailer and the tables

    def _trailer(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        was, now = ({k: v for k, v in one.items() if k not in _OF_THE_TABLE} for one in (old, new))
        if new["Size"] < old["Size"]:
            raise self.forbidden()
        if was.get("Info") != now.get("Info"):
            new_one = isinstance(now.get("Info"), Ref) and self._is_new(now["Info"].number)
            if not self.dated or "Info" in was or not new_one:
                raise metadata_changed(self.name)
            was["Info"] = now["Info"]
        if not same(was, now):
            raise self.forbidden()
        if isinstance(now.get("Info"), Ref):
            self._info(now["Info"].number)
        identifiers = old.get("ID"), new.get("ID")
        for one in identifiers:
            whole = isinstance(one, list) and len(one) == 2
            if one is not None and not (whole and all(isinstance(s, bytes) and len(s) <= 64 for s in one)):
                raise self.forbidden()
        if identifiers[0] is not None and (identifiers[1] is None or identifiers[0][0] != identifiers[1][0]):
            raise self.forbidden()

    def _info(self, number: int) -> None:
        """A tool that signs for the first time may date its work; nobody changes a title."""
        if number not in self.revision.objects:
            return
        old, new = (dictionary(Ref(number, 0), table) for table in (self.before, self.after))
        for key in old.keys() | new.keys():
            was, now = old.get(key), new.get(key)
            if same(was, now):
                continue
            if not self.dated or not isinstance(now, bytes):
                raise metadata_changed(self.name)
            if not is_maintained(key, was, now):
                self._rewritten(is_of_the_tool(key, now) if self.signs_ours else key in OF_THE_TOOL)
        if self.structure.uses[number]:  # the trailer alone should refer to it
            raise self.forbidden()
        self.explained.add(number)

    def _metadata(self, reference: Any) -> None:
        """The same tools date the XMP metadata, which else stay as they are to the byte."""
        if not isinstance(reference, Ref) or reference.number not in self.revision.objects:
            return
        old, new = self.before.get(reference.number), self.after[reference.number]
        if old is None or not self.dated:
            raise metadata_changed(self.name)
        if not differ_by_date(self.structure.file.data, old, new):
            self._rewritten(differ_by_tool(self.structure.file.data, old, new))
        self._explain(reference.number)

    def _rewritten(self, by_a_tool: bool) -> None:
        """What a tool writes of itself is not what the document says of itself."""
        if not by_a_tool:
            raise metadata_changed(self.name)
        if self.signs_ours:
            return
        leave_open(self.odd, properties_rewritten(self.name), metadata_changed(self.name))

    def _tables(self) -> None:
        containers = {one.container for one in self.revision.objects.values()}
        for number, found in self.revision.objects.items():
            kind = found.value.get("Type") if found.stream is not None else None
            if kind in _STREAM_KEYS:
                is_its_own = number in containers or kind == "XRef"
                if number in self.before or not is_its_own or not found.value.keys() <= _STREAM_KEYS[kind]:
                    raise self.forbidden()
                self.explained.add(number)

    # the catalog and the proofs

    def _catalog(self) -> None:
        old, new = self.catalogs
        for key in old.keys() | new.keys():
            was, now = old.get(key), new.get(key)
            if key in ("DSS", "AcroForm") or same(was, now):
                continue
            if key == "Extensions" and are_extensions(was, now):
                continue
            may_be_raised = self.signs_ours or not self.certified  # a curve of ISO/TS 32002 is of PDF 2.0
            if key == "Version" and may_be_raised and now in VERSIONS and (was or "") < now:
                continue
            if key == "Perms" and was is None and self.here is not None and self._certifies(now):
                continue
            raise metadata_changed(self.name) if key == "Metadata" else self.forbidden()
        if self.root in self.revision.objects:
            self.explained.add(self.root)
        self._metadata(new.get("Metadata"))
        growth = Growth(self.structure.file.data, self.before, self.after)
        try:
            if "DSS" in old or "DSS" in new:
                growth.compare(old.get("DSS"), new.get("DSS"))
        except BadProofs:
            leave_open(self.odd, proofs_rewritten(self.name), bad_proofs(self.name))
            self._explain_below([new.get("DSS"), dictionary(new.get("DSS"), self.after)])
            self.grew = True
        if growth.explained or growth.containers & self.revision.objects.keys():
            self.grew = True
        for number in growth.containers:
            self._explain(number)
        self.explained |= growth.explained & self.revision.objects.keys()

    def _certifies(self, permissions: Any) -> bool:
        """Tell whether these are the permissions of the signature here, the first (§ 12.8.6)."""
        here = self.here
        first = here is not None and here.name == self.name and not here.is_timestamp
        return first and here is not None and permissions == {"DocMDP": Ref(here.number, 0)}

    # the form

    def _form(self) -> set[int]:
        """Check the form; return the numbers of the fields that the revision adds."""
        old, new = (catalog.get("AcroForm") for catalog in self.catalogs)
        if isinstance(old, Ref) or isinstance(new, Ref):
            if old != new:
                raise self.forbidden()
            self._explain(old.number)
        was, now = dictionary(old, self.before), dictionary(new, self.after)
        for key in was.keys() | now.keys():
            if key == "SigFlags":
                flags = was.get(key, 0), now.get(key)
                if flags[1] not in (1, 3) or flags[0] not in (0, 1, 3) or flags[0] > flags[1]:
                    raise self.forbidden()
            elif key != "Fields" and not same(was.get(key), now.get(key)):
                self._default(key, was.get(key), now.get(key))
        added = self._appended(was.get("Fields"), now.get("Fields"))
        known = {field.number: field for field in fields(self.root, self.before)}
        for field in fields(self.root, self.after):
            if field.number in known:
                self._filled(known[field.number], field)
            elif field.number not in added:
                raise self.forbidden()
        if not set(added) <= {field.number for field in fields(self.root, self.after)}:
            raise self.forbidden()
        return set(added)

    def _default(self, key: str, was: Any, now: Any) -> None:
        """A signatory's own tool may add the defaults of text fields to a form of ours, which has none."""
        kinds = {"DA": is_appearance(now), "DR": key == "DR" and are_fonts(now, self.after)}
        if was is not None or not self.signs_ours or not kinds.get(key, False):
            raise self.forbidden()
        if not are_idle(self.root, self.before, self.after):
            raise self.forbidden()
        self._explain_below(now)

    def _appended(self, old: Any, new: Any) -> list[int]:
        """Return the numbers added at the end of an array of references."""
        if isinstance(new, Ref):
            if old != new:
                raise self.forbidden()
            self._explain(new.number)
        was, now = array(old, self.before), array(new, self.after)
        if now[: len(was)] != was or not all(isinstance(one, Ref) for one in now[len(was) :]):
            raise self.forbidden()
        added = [one.number for one in now[len(was) :]]
        if len(set(added)) != len(added) or not all(map(self._is_new, added)):
            raise self.forbidden()
        return added

    def _filled(self, old: Field, new: Field) -> None:
        """An empty signature field takes the signature of this revision, and its appearance."""
        changed = {number for number in (new.number, *new.widgets) if number in self.revision.objects}
        if not changed:
            return
        if not new.is_signature and not old.is_signature:
            self._entered(changed)
            return
        signs = (
            self.here is not None
            and self.here.field.number == new.number
            and not self.here.is_timestamp
            and old.is_signature
            and "V" not in old.value
            and self._is_new(self.here.number)
        )
        for number in changed:
            before, after = self.before[number].value, self.after[number].value
            allowed = ({"V", "AP"} if number == new.number else {"AP"}) if signs else set()
            for key in before.keys() | after.keys():
                if key not in allowed and not same(before.get(key), after.get(key)):
                    raise self.forbidden()
            if not same(before.get("AP"), after.get("AP")):
                self._appearance(after.get("AP"))
            self.explained.add(number)

    def _entered(self, changed: set[int]) -> None:
        """A field of the form takes a value; whether a signature forbids that, its locks say elsewhere."""
        leave_open(self.odd, form_filled(self.name), self.forbidden())
        for number in changed:
            before, after = self.before[number].value, self.after[number].value
            for key in before.keys() | after.keys():
                if key not in _ENTRY_KEYS and not same(before.get(key), after.get(key)):
                    raise self.forbidden()
            self._explain_below([after.get(key) for key in _ENTRY_KEYS])
            self.explained.add(number)
        self.filled = True

    def _appearance(self, appearance: Any) -> None:
        """The new appearance is one form of its own."""
        if not isinstance(appearance, dict) or appearance.keys() != {"N"}:
            raise self.forbidden()
        form = appearance["N"]
        if not isinstance(form, Ref) or not self._is_new(form.number):
            raise self.forbidden()
        found = self.after[form.number]
        if found.stream is None or found.value.get("Subtype") != "Form":
            raise self.forbidden()
        if not found.value.keys() <= _APPEARANCE_KEYS:
            raise self.forbidden()
        self._explain_below(form)

    # the pages and the time-stamp fields

    def _pages(self, added: set[int]) -> None:
        """A page may only list, after its annotations, the time-stamp field of this revision."""
        placed: dict[int, int] = {}
        for number in pages(self.root, self.after):
            annotations = self.after[number].value.get("Annots")
            held = annotations.number if isinstance(annotations, Ref) else number
            if number not in self.revision.objects and held not in self.revision.objects:
                continue
            old, new = self.before.get(number), self.after[number]
            if old is None:
                raise self.forbidden()
            for key in old.value.keys() | new.value.keys():
                if key != "Annots" and not same(old.value.get(key), new.value.get(key)):
                    raise self.forbidden()
            for one in self._appended(old.value.get("Annots"), annotations):
                if one not in added or one in placed:
                    raise forbidden_change(self.name)
                placed[one] = number
            if number in self.revision.objects:
                self.explained.add(number)
        for number in added:
            self._timestamp_field(number, placed.get(number))

    def _timestamp_field(self, number: int, page: int | None) -> None:
        here, found = self.here, self.after[number]
        if here is None or here.field.number != number or not here.is_timestamp:
            if self.certified or not self._is_for_signing(number):
                raise self.forbidden()
            leave_open(self.odd, field_added(self.name), field_added(self.name))
            self.explained.add(number)
            self._explain_below(found.value)
            return
        uses = self.structure.uses[number]
        if found.stream is not None or not is_bare(found.value, page) or uses != 1 + (page is not None):
            raise dressed_timestamp(here.name)
        self.explained.add(number)

    def _is_for_signing(self, number: int) -> bool:
        """Tell whether this new field is a signature's, and does nothing."""
        value = self.after[number].value
        return isinstance(value, dict) and value.get("FT") == "Sig" and not value.keys() & {"A", "AA", "Kids"}

    def _value(self, here: Signed) -> None:
        """The value that closes the revision is a token, or a person's signature."""
        if not self._is_new(here.number):
            raise self.forbidden()
        if here.is_timestamp:
            if not is_token(here.value) or self.structure.uses[here.number] != 1:
                raise dressed_timestamp(here.name)
        elif not here.value.keys() <= _VALUE_KEYS or here.value.get("Type", "Sig") != "Sig":
            raise self.forbidden()
        self.explained.add(here.number)
        self._explain_below(here.value)
