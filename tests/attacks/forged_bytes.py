"""Forged files whose trick is in the bytes: tails, tables, hidden and doubled objects, the place of the CMS.

Each takes a ``Forger`` on a sealed file and returns a file that somebody's reader shows otherwise,
or that hides what another tool would bring out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from tests.attacks.forging import PAINT, Forger, stream

Forgery = Callable[[Forger], bytes]


def replacement(f: Forger, number: int = 7_000) -> dict[int, bytes]:
    """Return the objects of another document: catalog, page tree, page and content."""
    return {
        number: f"<< /Type /Catalog /Pages {number + 1} 0 R >>".encode(),
        number + 1: f"<< /Type /Pages /Count 1 /Kids [{number + 2} 0 R] >>".encode(),
        number + 2: (
            f"<< /Type /Page /Parent {number + 1} 0 R /MediaBox [0 0 595 842] /Contents {number + 3} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ).encode(),
        number + 3: stream(PAINT),
    }


def takeover(f: Forger) -> dict[int, bytes]:
    """Return another document under the number of the true catalog."""
    objects = replacement(f)
    return {f.parts.root: objects.pop(7_000), **objects}


def _tail(text: str) -> Forgery:
    return lambda f: f.update(takeover(f), tail=text.replace("{old}", str(f.previous)))


TAILS: dict[str, str] = {
    "zeros before the old offset": "startxref\n" + "0" * 2_000 + "{old}\n%%EOF\n",
    "one zero before the old offset": "startxref\n0{old}\n%%EOF\n",
    "line breaks before the old offset": "startxref" + "\n" * 2_000 + "{old}\n%%EOF\n",
    "spaces before the old offset": "startxref\n" + " " * 1_500 + "{old}\n%%EOF\n",
    "a sign before the old offset": "startxref\n+{old}\n%%EOF\n",
    "line breaks after the old offset": "startxref\n{old}" + "\n" * 1_200 + "%%EOF\n",
    "the old offset said plainly": "startxref\n{old}\n%%EOF\n",
    "a comment inside the tail": "startxref\n%" + "x" * 1_100 + "\n{old}\n%%EOF\n",
    "a second startxref": "startxref\n{at}\n%%EOF\nstartxref\n{old}\n%%EOF\n",
    "a second startxref in a comment": "startxref\n{at}\n%%EOF\n%startxref 12\n",
    "a long comment then the old offset": "%" + "-" * 3_000 + "\nstartxref\n{old}\n%%EOF\n",
    "an offset of twelve figures": "startxref\n00000{old}\n%%EOF\n",
    "a real number": "startxref\n{old}.0\n%%EOF\n",
    "two offsets": "startxref\n{at} {old}\n%%EOF\n",
    "no number": "startxref\n%%EOF\n",
    "a tail on one line": "startxref {old} %%EOF",
    "a tab": "startxref\t\n{old}\t\n%%EOF\n",
}


def _zip(f: Forger) -> bytes:
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w") as archive:
        archive.writestr("contrat.txt", "autre")
    tail = b"\nstartxref\n%d\n%%%%EOF\n" % f.previous
    return f.pdf + folder.getvalue() + tail


ENDINGS: dict[str, Forgery] = {
    "one more line end": lambda f: f.pdf + b"\n",
    "one more space": lambda f: f.pdf + b" ",
    "nul bytes": lambda f: f.pdf + bytes(100),
    "another end mark": lambda f: f.pdf + b"%%EOF\n",
    "a comment": lambda f: f.pdf + b"% rien\n",
    "html": lambda f: f.pdf + b"<html><script>alert(1)</script></html>\n%%EOF\n",
    "html in a comment and a tail": lambda f: (
        f.pdf + b"%%<html><h1>Autre</h1>\nstartxref\n%d\n%%%%EOF\n" % f.previous
    ),
    "a zip archive and a tail": _zip,
    "padding and a tail": lambda f: f.pdf + b"\n" * 5_000 + b"startxref\n%d\n%%%%EOF\n" % f.previous,
    "the file twice": lambda f: f.pdf + f.pdf,
    "the last tail twice": lambda f: f.pdf + b"startxref\n%d\n%%%%EOF\n" % f.previous,
    "another pdf after it": lambda f: f.pdf + f.pdf[: f.pdf.index(b"%%EOF") + 6],
    "a byte before the header": lambda f: b"\n" + f.pdf,
    "no line end and half a mark": lambda f: f.pdf.rstrip()[:-1],
    "another header": lambda f: b"%PDF-1.7\n" + f.pdf,
}


def _loose(objects: Callable[[Forger], bytes]) -> Forgery:
    """Leave loose objects after the end, then the old offset again."""
    return lambda f: f.pdf + objects(f) + b"startxref\n%d\n%%%%EOF\n" % f.previous


def _bodies(objects: dict[int, bytes], head: bytes = b"%d 0 obj\n") -> bytes:
    return b"".join(head % number + body + b"\nendobj\n" for number, body in objects.items())


LOOSE: dict[str, Forgery] = {
    "loose objects and the old offset": _loose(lambda f: _bodies(takeover(f))),
    "loose objects and a trailer": _loose(
        lambda f: _bodies(replacement(f)) + b"trailer\n<< /Root 7000 0 R /Size 9000 >>\n"
    ),
    "a trailer alone": _loose(lambda f: b"trailer\n<< /Root %d 0 R /Size 9 >>\n" % f.parts.page),
    "objects in comments": _loose(lambda f: b"%" + _bodies(takeover(f)).replace(b"\n", b" ") + b"\n"),
    "numbers far from their word": _loose(lambda f: _bodies(takeover(f), b"%d\n\n0\t\n obj\n")),
    "a comment between numbers and word": _loose(lambda f: _bodies(takeover(f), b"%d 0 %%\nobj\n")),
    "a loose catalog of a new number": _loose(lambda f: _bodies(replacement(f))),
}


def _doubled(f: Forger) -> bytes:
    """Define the page twice in one revision; the table has the first."""
    page = f.body(f.parts.page)
    first = len(f.pdf)
    lead = b"%d 0 obj\n" % f.parts.page + page + b"\nendobj\n"
    other = page.replace(b"/MediaBox", b"/Rotate 180 /MediaBox")
    return f.update({f.parts.page: other}, before=lead, listed={f.parts.page: first})


def _hidden_stream(f: Forger) -> bytes:
    """Keep another document in the data of a stream that a token covers."""
    return f.stamped({6_000: stream(_bodies(takeover(f)))})


def _object_stream(f: Forger) -> bytes:
    """Keep another catalog in an object stream that no table mentions."""
    inner = b"<< /Type /Catalog /Pages 7001 0 R >>"
    head = b"%d 0 " % f.parts.root
    packed = stream(head + inner, f"/Type /ObjStm /N 1 /First {len(head)}")
    return f.stamped({6_000: packed})


def _other_table(f: Forger) -> bytes:
    """Keep a table of another document as an ordinary stream."""
    rows = b"\1\0\0\0\x0f\0" * 3
    return f.stamped(
        {6_000: stream(rows, f"/Type /XRef /W [1 4 1] /Index [0 3] /Size 3 /Root {f.parts.page} 0 R")}
    )


def _skipped(f: Forger) -> bytes:
    """Jump over the seal: the chain goes from the new revision to an older one."""
    found = re.findall(rb"/Prev (\d+)", f.pdf)
    return f.update(takeover(f), previous=int(found[-1]))


CHAINS: dict[str, Forgery] = {
    "an object twice in a revision": _doubled,
    "an object that the table leaves out": lambda f: f.update(
        {**takeover(f), 6_000: b"<< >>"}, unlisted=set(takeover(f))
    ),
    "an offset into another object": lambda f: f.update({6_000: b"<< >>"}, listed={6_001: 100}),
    "an old object brought back": lambda f: f.update(
        {6_000: b"<< >>"}, listed={f.parts.page: f.pdf.index(b" 0 obj") - 1}
    ),
    "an offset beyond the end": lambda f: f.update({6_000: b"<< >>"}, listed={6_001: 99_999_999}),
    "another document in a stream": _hidden_stream,
    "an object whose numbers are far": lambda f: f.stamped(
        {6_000: b"(\n7000" + b" " * 60_000 + b"0 obj << /Type /Catalog >> endobj\n)"}
    ),
    "an object with a long comment": lambda f: f.stamped(
        {6_000: b"(\n7000 %" + b"x" * 2_000 + b"\n0 obj << /Type /Catalog >> endobj\n)"}
    ),
    "an object whose word goes on": lambda f: f.stamped(
        {6_000: b"(\n7000 0 objet << /Type /Catalog >> endobj\n)"}
    ),
    "another catalog in an object stream": _object_stream,
    "another table in a stream": _other_table,
    "a table that jumps over the seal": _skipped,
    "a table that points to itself": lambda f: f.update(takeover(f), previous=len(f.pdf) + 5),
    "a table that points after the end": lambda f: f.update(takeover(f), previous=99_999_999),
    "a hybrid table": lambda f: f.update({6_000: b"<< >>"}, trailer=f"/XRefStm {f.previous}"),
    "a second catalog": lambda f: f.update(replacement(f)),
    "another root": lambda f: f.update(replacement(f), root=7_000),
    "another size": lambda f: f.update(takeover(f), size=3),
    "a negative table": lambda f: f.update({6_000: b"<< >>"}, previous=-1),
    "a trailer in a string": lambda f: f.stamped({6_000: b"(trailer << /Root 7000 0 R >>)"}),
    "an object in a string": lambda f: f.stamped({6_000: b"(\n7000 0 obj << /Type /Catalog >> endobj\n)"}),
    "junk between the objects": lambda f: f.stamped(between=b"junk\n"),
    "a comment between the objects": lambda f: f.stamped(between=b"% un commentaire\n"),
    "padding between the objects": lambda f: f.stamped(between=b"\n" * 500),
    "nul bytes between the objects": lambda f: f.stamped(between=bytes(3)),
    "a key twice": lambda f: f.stamped(
        {f.parts.root: f.with_key(f.parts.root, f"/Pages {f.parts.page} 0 R")}
    ),
    "a key twice by its code": lambda f: f.stamped(
        {f.parts.root: f.with_key(f.parts.root, f"/#50ages {f.parts.page} 0 R")}
    ),
    "no line end before the next revision": lambda f: Forger(f.pdf.rstrip()).stamped(),
    "data in another file": lambda f: f.stamped({6_000: stream(b"", "/F (autre.txt)")}),
    "the tail of a linearised file": lambda f: f.update(takeover(f), tail="startxref\n0\n%%EOF\n"),
}


def _holes(pdf: bytes) -> list[tuple[int, int]]:
    """Return where each /Contents is, brackets left out."""
    found = re.finditer(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]", pdf)
    return [(int(one[1]) + 1, int(one[2]) - 1) for one in found]


def _in_hole(which: int, change: Callable[[bytes], bytes]) -> Forgery:
    """Change what is in the place of one signature, length kept."""

    def make(f: Forger) -> bytes:
        start, end = _holes(f.pdf)[which]
        inside = change(f.pdf[start:end])
        assert len(inside) == end - start
        return f.pdf[:start] + inside + f.pdf[end:]

    return make


def _range(new: str) -> Forgery:
    """Give the last byte range other figures."""

    def make(f: Forger) -> bytes:
        found = list(re.finditer(rb"/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", f.pdf))[-1]
        figures = [int(one) for one in found.groups()]
        text = new.format(*figures, after=figures[2] + figures[3]).encode()
        return f.pdf[: found.start()] + text.ljust(len(found[0])) + f.pdf[found.end() :]

    return make


PLACES: dict[str, Forgery] = {
    "bytes after the last token": _in_hole(-1, lambda hole: hole[:-8] + b"deadbeef"),
    "bytes after the first signature": _in_hole(0, lambda hole: hole[:-8] + b"deadbeef"),
    "a document after a signature": _in_hole(
        1, lambda hole: hole[:-400] + b"<html>".hex().encode().ljust(400, b"2")
    ),
    "spaces in the place": _in_hole(-1, lambda hole: hole[:-10] + b" " * 10),
    "a place of zeros": _in_hole(-1, lambda hole: b"0" * len(hole)),
    "half a place of zeros": _in_hole(0, lambda hole: hole[:6_000] + b"0" * (len(hole) - 6_000)),
    "an object in the place": _in_hole(
        -1, lambda hole: hole[:-40] + b"> >> endobj 7 0 obj << /A <".ljust(40, b"0")
    ),
    "an indefinite length": _in_hole(-1, lambda hole: b"3080" + hole[4:]),
    "a range from one": _range("/ByteRange [1 {1} {2} {3}]"),
    "a range of six": _range("/ByteRange [0 {1} {2} {3} 0 0]"),
    "a range of two": _range("/ByteRange [0 {after}]"),
    "a negative range": _range("/ByteRange [0 {1} {2} -1]"),
    "a range too short": _range("/ByteRange [0 {1} {2} 10]"),
    "a range too long": _range("/ByteRange [0 {1} {2} 999999]"),
    "a range by reference": _range("/ByteRange 5 0 R"),
    "no range": _range("/NoRange [0 {1} {2} {3}]"),
    "a wider hole": lambda f: (
        f.stamped(value="/X (trou) ")
        .replace(b"/X (trou) ", b"/X <7472> ")
        .replace(b"ETSI.RFC3161", b"ETSI.RFC3162")
    ),
}

FORGERIES: dict[str, Forgery] = {
    **{f"takeover, {name}": _tail(text) for name, text in TAILS.items()},
    **{f"end, {name}": make for name, make in ENDINGS.items()},
    **{f"loose, {name}": make for name, make in LOOSE.items()},
    **{f"chain, {name}": make for name, make in CHAINS.items()},
    **{f"place, {name}": make for name, make in PLACES.items()},
}
