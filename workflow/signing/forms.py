"""What a signatory brings back: the document, signed with a tool of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from signatures.limited import MAX_BYTES
from workflow.tasks.weighed import at_most


class SignedDocumentForm(forms.Form):
    """One signed PDF, looked at by ``upload_acts.examine``."""

    document = forms.FileField(
        label=_("Le document signé (PDF)"),
        help_text=_("Le fichier que votre outil a enregistré après la signature ; 50 Mo au plus."),
        widget=forms.ClearableFileInput(attrs=at_most(MAX_BYTES, accept="application/pdf")),
        error_messages={
            "required": _("Choisissez le document que votre outil a signé."),
            "empty": _("Ce fichier est vide : choisissez le document que votre outil a signé."),
        },
    )

    def clean_document(self) -> UploadedFile[bytes]:
        """Refuse what is too heavy before reading it."""
        uploaded: UploadedFile[bytes] = self.cleaned_data["document"]
        if uploaded.size is None or uploaded.size > MAX_BYTES:
            raise forms.ValidationError(
                _("Ce fichier dépasse 50 Mo : déposez le document que vous avez téléchargé ici, signé.")
            )
        return uploaded

    def bytes(self) -> Any:
        """Return the bytes of a valid form."""
        return self.cleaned_data["document"].read()
