"""The reason for which a certificate is accepted under another name than its account's."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from workflow.tasks.fields import reason_field


class ConfirmKeyForm(forms.Form):
    """Why this certificate is this person's: a married name, a second given name…"""

    reason = reason_field(
        _("Pourquoi est-ce bien le sien"),
        required=True,
        help_text=_("Nom d’usage, second prénom… Inscrit au journal, et dit au titulaire."),
    )
