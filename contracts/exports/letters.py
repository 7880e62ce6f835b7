"""What a file of XML can hold."""

from __future__ import annotations

import re

# All but the Char of XML 1.0 (§ 2.2), which leaves out most control characters and two non-characters.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Write a text with the characters that XML refuses named, « [U+0001] », and one kind of end of line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
