"""What an absence may entrust to a substitute, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from stakeholders.kinds import Power

SUBSTITUTABLE = {
    Power.DRAFT: _("Rédiger le projet"),
    Power.REVIEW: _("Rendre les avis"),
    Power.APPROVE: _("Approuver le texte"),
    Power.RECORD_RESOLUTION: _("Enregistrer les délibérations"),
}
