"""A contract as a file for another program: downloaded, never shown in the page, never kept by a cache."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.text import slugify

from contracts.canonical import Content
from contracts.exports import csv_of, docx_of, xlsx_of

OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def exported(content: Content, extension: str, name: str, *, at: dt.datetime, draft: bool) -> HttpResponse:
    """Answer with a content as a .docx, .xlsx or .csv file of this name; Http404 for anything else.

    ``at`` (aware): when the version was frozen, or when the draft was read.
    """
    if extension not in TYPES:
        raise Http404
    if extension == "docx":
        specimen = settings.DEMONSTRATION
        data = docx_of(content, specimen=specimen, frozen_at=at, draft=draft)
    else:
        data = xlsx_of(content) if extension == "xlsx" else csv_of(content)
    return downloaded(data, TYPES[extension], f"{slugify(name)}.{extension}")


def downloaded(data: bytes, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep, under its name."""
    return HttpResponse(
        data,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
