"""What an organisation is to one contract, and in what capacity somebody signs it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.TextChoices):
    """What an organisation is to one contract."""

    STATE_PILOT = "state_pilot", _("Pilote pour l’État")
    CITY_PILOT = "city_pilot", _("Pilote pour la commune")
    REVIEWER = "reviewer", _("Rend un avis")
    OBSERVER = "observer", _("Associée")


PILOTING = (Part.STATE_PILOT, Part.CITY_PILOT)


class SignatoryKind(models.TextChoices):
    """In what capacity somebody signs."""

    PARTY = "party", _("Partie au contrat")
    INSTITUTIONAL_COSIGNATORY = "institutional_cosignatory", _("Cosignataire institutionnel")
    ADHERING_PARTNER = "adhering_partner", _("Partenaire adhérent")
    MINISTER = "minister", _("Ministre")
    WITNESS = "witness", _("Témoin")
