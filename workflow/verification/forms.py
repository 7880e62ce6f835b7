"""What is sent to be verified: one PDF."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from workflow.tasks.weighed import at_most

LARGEST = 30 * 1024 * 1024  # bytes; config.limits leaves room for the rest of the form
LARGEST_TOLD = 30  # megabytes, as the page says


class VerifyForm(forms.Form):
    """The file to verify; what it is called is of no account."""

    file = forms.FileField(
        label=_("Document PDF à vérifier"),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf", **at_most(LARGEST)}),
        help_text=_(
            "Le fichier lui-même, tel que vous l’avez reçu : ni une impression, ni une copie numérisée."
        ),
        error_messages={
            "required": _("Choisissez le fichier à vérifier."),
            "empty": _("Ce fichier est vide : choisissez le PDF tel que vous l’avez reçu."),
        },
    )

    def clean_file(self) -> Any:
        """Refuse a file too large for this page; raises ValidationError."""
        found: UploadedFile[bytes] = self.cleaned_data["file"]
        if (found.size or 0) > LARGEST:
            raise ValidationError(
                _(
                    "Ce fichier dépasse %(size)s Mo : cette page ne le lit pas. Qui administre une "
                    "installation peut le vérifier par la commande verify."
                )
                % {"size": LARGEST_TOLD}
            )
        return found
