"""A strict reader of PDF objects (ISO 32000-2 § 7.2 and 7.3), over the raw bytes.

pyHanko's own reader forgives a lot; what it forgives, another reader understands
otherwise. This one knows where each byte of an object is, and refuses whatever two
readers could take for two things: a key given twice, a number glued to a word.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from signatures.verification.faults import malformed, too_complex

MAX_DEPTH = 60
MAX_TOKENS = 3_000_000
SPACE = rb"\x00\t\n\x0c\r "
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
SEPARATOR = rb"(?:[" + SPACE + rb"]|%[^\r\n]*(?:[\r\n]|\Z))"

_TOKEN = re.compile(
    rb"(?:[" + SPACE + rb"]++|(%[^\r\n]*+))*+"  # 1: a comment
    rb"(?:"
    rb"/(" + _REGULAR + rb"*+)"  # 2: a name
    rb"|(\d{1,10})[" + SPACE + rb"]+(\d{1,5})[" + SPACE + rb"]+R(?!" + _REGULAR + rb")"  # 3, 4: a reference
    rb"|([+-]?\d{1,18}+)(?![.]|" + _REGULAR + rb")"  # 5: an integer
    rb"|([+-]?(?:\d{1,30}+\.\d{0,30}+|\.\d{1,30}+))(?!" + _REGULAR + rb")"  # 6: a real number
    rb"|(<<)|(>>)|(\[)|(\])"  # 7 to 10
    rb"|<([0-9A-Fa-f" + SPACE + rb"]*+)>"  # 11: a string in hexadecimal
    rb"|\(((?>[^()\\]++|\\.)*+)\)"  # 12: a string without brackets
    rb"|(\()"  # 13: a string with brackets
    rb"|(true|false|null)(?!" + _REGULAR + rb")"  # 14
    rb")",
    re.DOTALL,
)
_COMMENT, _NAME, _REF, _GENERATION, _INT, _REAL = 1, 2, 3, 4, 5, 6
_DICT, _END_DICT, _LIST, _END_LIST, _HEX, _SIMPLE, _NESTED, _WORD = 7, 8, 9, 10, 11, 12, 13, 14
_WORDS = {b"true": True, b"false": False, b"null": None}
_BRACKETS = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_HEX_NAME = re.compile(r"#([0-9A-Fa-f]{2})")


class Ref(NamedTuple):
    """A reference to an object."""

    number: int
    generation: int


class Name(str):
    """A name, without its slash and with its #xx read."""

    __slots__ = ()


class Hex(bytes):
    """A string that the file writes in hexadecimal, from ``start`` to ``end`` (brackets included)."""

    start: int
    end: int
    digits: int


class Reader:
    """Reads objects out of ``data``, and counts what it read so that nobody reads for ever."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tokens = 0
        self.comments: list[int] = []  # where the comments inside objects are
        self._names: dict[bytes, Name] = {}
        self._may_comment = b"%" in data

    def value(self, position: int) -> tuple[Any, int]:
        """Return the object at ``position`` and where it ends; raises Fault."""
        data, match, names = self.data, _TOKEN.match, self._names
        stack: list[tuple[int, list[Any]]] = []
        items: list[Any] | None = None
        while found := match(data, position):
            position, kind = found.end(), found.lastindex
            self.tokens += 1
            if self._may_comment and found.start(_COMMENT) != -1:
                self.comments.append(found.start(_COMMENT))
            item: Any
            if kind == _NAME:
                item = names.get(found[_NAME])
                if item is None:
                    item = names[found[_NAME]] = _name(found[_NAME])
            elif kind == _GENERATION:
                item = Ref(int(found[_REF]), int(found[_GENERATION]))
            elif kind == _INT:
                item = int(found[_INT])
            elif kind in (_DICT, _LIST):
                if self.tokens > MAX_TOKENS:
                    raise too_complex()
                if len(stack) >= MAX_DEPTH:  # no tool nests so deep
                    raise malformed()
                items = []
                stack.append((kind, items))
                continue
            elif kind in (_END_DICT, _END_LIST):
                if not stack or stack[-1][0] != (_DICT if kind == _END_DICT else _LIST):
                    raise malformed()
                closed = stack.pop()[1]
                item = _dictionary(closed) if kind == _END_DICT else closed
                items = stack[-1][1] if stack else None
            else:
                item, position = self._scalar(found, kind, position)
            if items is None:
                return item, position
            items.append(item)
        raise malformed()

    def _scalar(self, found: re.Match[bytes], kind: int | None, position: int) -> tuple[Any, int]:
        if kind == _REAL:
            return float(found[_REAL]), position
        if kind == _SIMPLE:
            return _unescaped(found[_SIMPLE]), position
        if kind == _HEX:
            return _hexadecimal(found), position
        if kind == _WORD:
            return _WORDS[found[_WORD]], position
        return self._nested(found.end())

    def _nested(self, start: int) -> tuple[bytes, int]:
        depth = 1
        for found in _BRACKETS.finditer(self.data, start):
            depth += {b"(": 1, b")": -1}.get(found[0], 0)
            if depth == 0:
                return _unescaped(self.data[start : found.start()]), found.end()
        raise malformed()


def _dictionary(items: list[Any]) -> dict[Name, Any]:
    """Return the dictionary of these keys and values; a null value is no entry (§ 7.3.7)."""
    keys = items[::2]
    if len(items) % 2 or {*map(type, keys)} - {Name}:
        raise malformed()
    found = dict(zip(keys, items[1::2], strict=True))
    if len(found) != len(keys):
        raise malformed()
    return {key: value for key, value in found.items() if value is not None} if None in items else found


def _name(raw: bytes) -> Name:
    text = raw.decode("latin-1")
    if "#" in text:
        text = _HEX_NAME.sub(lambda found: chr(int(found[1], 16)), text)
    return Name(text)


def _hexadecimal(found: re.Match[bytes]) -> Hex:
    digits = found[_HEX].translate(None, b"\x00\t\n\x0c\r ")
    string = Hex(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    string.start, string.end, string.digits = found.start(_HEX) - 1, found.end(_HEX) + 1, len(digits)
    return string


def _unescaped(raw: bytes) -> bytes:
    if b"\\" not in raw and b"\r" not in raw:
        return raw
    return _ESCAPE.sub(_character, raw)


def _character(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code is None:
        return b"\n"
    if code[:1].isdigit() and code[:1] < b"8":
        return bytes((int(code, 8) & 0xFF,))
    if code in (b"\r\n", b"\n", b"\r"):
        return b""
    return _ESCAPES.get(code, code)


def same(one: Any, other: Any) -> bool:
    """Tell whether two objects say the same, however their strings and numbers are written."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, Ref) or isinstance(other, Ref):
        return type(one) is type(other) and one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one == other or text(one) == text(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) != isinstance(other, str):
        return False
    return bool(one == other)


# PDFDocEncoding where it is not Latin-1 (annex D.3): a tool that writes a title anew writes « ’ » in it
_PDF_DOC = {
    **dict(enumerate("˘ˇˆ˙˝˛˚˜", 0x18)),
    **dict(enumerate("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž", 0x80)),
    0xA0: "€",
}


def text(string: bytes) -> str:
    """Return what a text string says (§ 7.9.2.2), for comparing: never to be shown."""
    if string.startswith(b"\xfe\xff"):
        return string[2:].decode("utf-16-be", "replace")
    if string.startswith(b"\xef\xbb\xbf"):
        return string[3:].decode("utf-8", "replace")
    return string.decode("latin-1").translate(_PDF_DOC)


def references(value: Any) -> list[Ref]:
    """Return every reference inside ``value``."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind is Ref:
            found.append(one)
        elif kind is dict:
            waiting.extend(one.values())
        elif kind is list:
            waiting.extend(one)
    return found
