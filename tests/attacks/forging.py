"""A forger's workshop: revisions written by hand over a signed PDF, with or without a real token.

Nothing here uses our writer: a forger would not. ``Forger.update`` adds a revision with
whatever objects, table and tail; ``Forger.stamped`` closes it with a document time-stamp
that the demonstration's authority really signed.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
from dataclasses import dataclass
from typing import Any

import pikepdf
from asn1crypto import core, tsp

from signatures.asn1 import TimeStampResponse
from signatures.demo.pki.services import Authorities

ROOM = 6_000  # bytes kept for a token
BARE = "/FT /Sig /T (Forge) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132"
PAINT = b"BT /F1 40 Tf 60 400 Td (Le prix est de 1 euro) Tj ET"


@functools.lru_cache(maxsize=4)
def _authorities(_key: str) -> Authorities:
    return Authorities()


def token(data: bytes, authorities: Authorities | None = None) -> bytes:
    """Return a time-stamp token (DER) over ``data``."""
    from django.conf import settings

    authorities = authorities or _authorities(str(settings.PKI_DIR))
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()}
    request = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": core.Integer(7), "cert_req": True}
    )
    answer = TimeStampResponse.load(authorities.timestamp_answer(request.dump()))
    return bytes(answer["time_stamp_token"].dump())


def stream(data: bytes, entries: str = "") -> bytes:
    """Return the body of a stream object."""
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


@dataclass(frozen=True)
class Parts:
    """The objects that a forger aims at, as they are at the end of the file."""

    root: int
    form: int
    page: int  # the first
    last_page: int
    info: int
    dss: int
    fields: list[int]
    contents: int
    metadata: int | None
    bodies: dict[int, bytes]


class Forger:
    """Writes over one signed file."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        tail = re.findall(rb"startxref\s+(\d+)\s+%%EOF", pdf)
        self.previous = int(tail[-1])
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            self.size = int(opened.trailer.Size)
            self.identifier = bytes(opened.trailer.ID[0])
            self.parts = _parts(opened)

    def body(self, number: int) -> bytes:
        """Return the object with this number, as it is now."""
        return self.parts.bodies[number]

    def changed(self, number: int, old: str | bytes, new: str | bytes) -> bytes:
        """Return the body of an object with one replacement, which must find its place."""
        old, new = (one if isinstance(one, bytes) else one.encode() for one in (old, new))
        body = self.body(number)
        assert old in body, (old, body[:300])
        return body.replace(old, new, 1)

    def with_key(self, number: int, entry: str | bytes) -> bytes:
        """Return the body of a dictionary with one more entry."""
        entry = entry if isinstance(entry, bytes) else entry.encode()
        body = self.body(number).rstrip()
        assert body.endswith(b">>")
        return body[:-2] + b" " + entry + b" >>"

    def update(
        self,
        objects: dict[int, bytes],
        *,
        trailer: str = "",
        tail: str = "startxref\n{at}\n%%EOF\n",
        between: bytes = b"",
        before: bytes = b"",
        listed: dict[int, int] | None = None,
        unlisted: set[int] | None = None,
        previous: int | None = None,
        root: int | None = None,
        size: int | None = None,
    ) -> bytes:
        """Return the file with one more revision.

        ``before`` and ``between`` stand before the objects and before the table; ``listed`` gives
        other offsets in the table, ``unlisted`` are left out of it. ``{at}`` is the table's place.
        """
        output = bytearray(self.pdf + before)
        offsets = {}
        for number, body in objects.items():
            offsets[number] = len(output)
            output += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        output += between
        at = len(output)
        offsets |= listed or {}
        rows = "".join(
            f"{number} 1\n{offsets[number]:010d} 00000 n \n"
            for number in sorted(offsets)
            if number not in (unlisted or set())
        )
        most = max([self.size, *(number + 1 for number in offsets)]) if size is None else size
        info = f"/Info {self.parts.info} 0 R" if "/Info" not in trailer else ""
        entries = (
            f"<< /Size {most} /Root {root or self.parts.root} 0 R {info} "
            f"/ID [<{self.identifier.hex()}> <{'ab' * 16}>] "
            f"/Prev {self.previous if previous is None else previous} {trailer} >>"
        )
        output += f"xref\n0 1\n0000000000 65535 f \n{rows}trailer\n{entries}\n".encode()
        return bytes(output) + tail.replace("{at}", str(at)).encode()

    def stamped(
        self,
        objects: dict[int, bytes] | None = None,
        *,
        field: str = BARE,
        page: int | None = 0,
        value: str = "",
        authorities: Authorities | None = None,
        after: bytes = b"",
        in_form: bool = True,
        **options: Any,
    ) -> bytes:
        """Return the file with one more revision that a document time-stamp closes.

        The field is ``field`` with its value, on the first page unless ``page`` is None.
        """
        number, holder = self.size + 900, self.size + 901
        objects = dict(objects or {})
        on_page = f" /P {self.parts.page} 0 R" if page is not None and "/P " not in field else ""
        objects[number] = f"<< {field} /V {holder} 0 R{on_page} >>".encode()
        hole = b"<" + b"0" * (2 * ROOM) + b">"
        objects[holder] = (
            b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 "
            + value.encode()
            + b" /ByteRange [0 AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC] /Contents "
            + hole
            + b" >>"
        )
        form = objects.get(self.parts.form, self.body(self.parts.form))
        if in_form:
            objects[self.parts.form] = re.sub(
                rb"(/Fields \[[^]]*)\]", rb"\1 %d 0 R ]" % number, form, count=1
            )
        if page is not None:
            mine = objects.get(self.parts.page, self.body(self.parts.page))
            objects[self.parts.page] = re.sub(
                rb"(/Annots \[[^]]*)\]", rb"\1 %d 0 R ]" % number, mine, count=1
            )
        output = bytearray(self.update(objects, **options))
        begin = output.rindex(hole)
        resume = begin + len(hole)
        for letter, figure in ((b"A", begin), (b"B", resume), (b"C", len(output) - resume)):
            place = output.rindex(letter * 10)
            output[place : place + 10] = b"%-10d" % figure
        signed = token(bytes(output[:begin] + output[resume:]), authorities)
        room = signed.hex().encode().ljust(2 * ROOM, b"0")
        if after:
            room = room[: 2 * len(signed)] + after.hex().encode() + room[2 * len(signed) + 2 * len(after) :]
        output[begin + 1 : resume - 1] = room
        return bytes(output)


def _parts(opened: pikepdf.Pdf) -> Parts:
    root, form = opened.Root, opened.Root.AcroForm
    first, last = opened.pages[0], opened.pages[-1]
    wanted = [root, form, first.obj, last.obj, opened.trailer.Info, root.DSS, *form.Fields]
    metadata = root.get("/Metadata")
    contents = first.obj.Contents
    wanted += [] if metadata is None else [metadata]
    bodies = {
        one.objgen[0]: one.unparse(resolved=True) for one in wanted if not isinstance(one, pikepdf.Stream)
    }
    return Parts(
        root=root.objgen[0],
        form=form.objgen[0],
        page=first.obj.objgen[0],
        last_page=last.obj.objgen[0],
        info=opened.trailer.Info.objgen[0],
        dss=root.DSS.objgen[0],
        fields=[one.objgen[0] for one in form.Fields],
        contents=contents.objgen[0],
        metadata=None if metadata is None else metadata.objgen[0],
        bodies=bodies,
    )
