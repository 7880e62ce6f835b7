"""The PDF of an act, as somebody attaches it: of reasonable size, plain, with nothing that runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from signatures import blobs
from signatures.limited import Unavailable
from signatures.uploads import active_content
from workflow.tasks.held_files import HeldFileInput
from workflow.tasks.weighed import UNREADABLE, at_most

LARGEST_ACT = 10 * 1024 * 1024  # bytes


class ActFileField(forms.FileField):
    """One PDF; it is kept as it is, and only ever downloaded."""

    default_error_messages = {"empty": UNREADABLE}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": _("L’acte, en PDF"),
                "help_text": _("10 Mo au plus. Il reste joint au registre."),
                "widget": HeldFileInput(attrs=at_most(LARGEST_ACT, accept="application/pdf")),
                **kwargs,
            }
        )

    def clean(self, data: Any, initial: Any = None) -> UploadedFile[bytes] | None:
        """Refuse what is too heavy before reading it, then what is no PDF."""
        uploaded: UploadedFile[bytes] | None = super().clean(data, initial) or None
        if uploaded is None:
            return None
        if uploaded.size is None or uploaded.size > LARGEST_ACT:
            raise forms.ValidationError(
                _("Ce fichier est trop lourd (%(size)s) : joignez un PDF de 10 Mo au plus."),
                params={"size": filesizeformat(uploaded.size or 0)},
            )
        try:
            refusal = active_content(uploaded.read())
        except Unavailable as error:
            raise forms.ValidationError(
                _("Le serveur est trop occupé pour lire ce fichier : recommencez dans un instant.")
            ) from error
        uploaded.seek(0)
        if refusal:
            raise forms.ValidationError(refusal)
        return uploaded


def kept(uploaded: UploadedFile[bytes] | None) -> str:
    """Store an act; return its SHA-256, nothing where there is none."""
    return blobs.put(uploaded.read()) if uploaded is not None else ""
