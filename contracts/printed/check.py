"""Where the reader of a printed version verifies it: a short address, and its QR code (ISO/IEC 18004).

The address ends by the version's mark, the first half of a quarter of the content's SHA-256: 64 bits that
nobody guesses who does not hold the content. It is shown by whoever holds the paper, and says nothing more.
"""

from __future__ import annotations

import io

import segno

from contracts.canonical import Content, digest

MARK = 16  # hexadecimal digits


def mark_of(content_sha256: str) -> str:
    """Return the mark of a version by the SHA-256 of its content."""
    return content_sha256[:MARK]


def address_of(content: Content) -> str:
    """Return the address at which a version is verified; blank for one of a schema that had none."""
    base: str = content.get("verified_at", "")
    return f"{base}{mark_of(digest(content))}" if base else ""


def qr_code(address: str) -> bytes:
    """Return the QR code of an address as SVG, its quiet zone of four modules around it; level M."""
    output = io.BytesIO()
    code = segno.make(address, error="m", micro=False, boost_error=False)
    code.save(output, kind="svg", border=4, xmldecl=False, svgns=True, nl=False, dark="#000")
    return output.getvalue()
