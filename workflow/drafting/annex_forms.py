"""The file of an annex: read with limits as it comes in, a picture made a PDF, all else refused by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from signatures.enclosures import Prepared, prepared
from signatures.limited import Unavailable
from signatures.uploads import Refused
from workflow.tasks.act_files import LARGEST_ACT
from workflow.tasks.held_files import HeldFileInput
from workflow.tasks.weighed import UNREADABLE, at_most

ACCEPTED = "application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png"


class AnnexFileField(forms.FileField):
    """One PDF, or a picture that becomes one; cleaned to a :class:`signatures.enclosures.Prepared`."""

    default_error_messages = {"empty": UNREADABLE}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": HeldFileInput(attrs=at_most(LARGEST_ACT, accept=ACCEPTED)), **kwargs})

    def clean(self, data: Any, initial: Any = None) -> Prepared | None:
        """Refuse what is too heavy before reading it, then what cannot be kept as it is."""
        uploaded: UploadedFile[bytes] | None = super().clean(data, initial) or None
        if uploaded is None:
            return None
        if uploaded.size is None or uploaded.size > LARGEST_ACT:
            raise forms.ValidationError(
                _now("Ce fichier est trop lourd (%(size)s) : joignez-en un de 10 Mo au plus."),
                params={"size": filesizeformat(uploaded.size or 0)},
            )
        try:
            uploaded.seek(0)
            return prepared(uploaded.read(), str(uploaded.name))
        except Unavailable as error:
            raise forms.ValidationError(
                _now("Le serveur est trop occupé pour lire ce fichier : recommencez dans un instant.")
            ) from error
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class AnnexFileForm(forms.Form):
    """The file of an annex; ``replaces`` is the SHA-256 of the one that the page showed."""

    replaces = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    file = AnnexFileField(
        label=_("Fichier"),
        help_text=_("PDF, ou image JPEG ou PNG (elle devient un PDF d’une page) ; 10 Mo au plus."),
    )

    def __init__(self, *args: Any, held: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if held:
            self.fields["file"].label = _("Remplacer le fichier")
            self.fields["file"].required = False
            self.initial["replaces"] = held

    def check_replaced(self, held: str) -> None:
        """Refuse to replace another file than the one that was shown."""
        if self.cleaned_data.get("file") is not None and held != self.cleaned_data.get("replaces", ""):
            self.add_error(
                "file",
                _now(
                    "Quelqu’un a remplacé ce fichier entre-temps : ouvrez le sien, puis choisissez de "
                    "nouveau le vôtre s’il doit le remplacer."
                ),
            )
