"""A PDF as an answer: shown in the page, never run."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.text import slugify


def pdf(data: bytes, name: str, *, attachment: bool = False) -> HttpResponse:
    """Answer with a PDF that no cache keeps."""
    disposition = "attachment" if attachment else "inline"
    return HttpResponse(
        data,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'{disposition}; filename="{slugify(name)}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
