"""A PDF as an answer: shown in the page, never run."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.text import slugify

from signatures import blobs


def stored_pdf(sha256: str, name: str, *, document: str, attachment: bool = False) -> HttpResponse:
    """Answer with a stored PDF that no cache keeps; ``document`` says in words which one it is.

    One that cannot be read back raises BlobError under that name, for its own page
    (:func:`config.errors.document_lost`).
    """
    try:
        data = blobs.get(sha256)
    except blobs.BlobError as error:
        error.document = document
        raise
    return shown_pdf(data, name, attachment=attachment)


def shown_pdf(data: bytes, name: str, *, attachment: bool = False) -> HttpResponse:
    """Answer with the bytes of a PDF, under this name, that no cache keeps."""
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
