"""Lets ``user.has_perm(permission, object)`` answer from mandates."""

from __future__ import annotations

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db import models

from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.permissions import mandate_for


class MandateBackend(BaseBackend):
    """Object permissions through the mandate in force; says nothing without an object."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: models.Model | None = None) -> bool:
        """Tell whether the person holds ``app.codename`` on the object today."""
        codename = perm.rpartition(".")[2]
        if obj is None or codename not in set(Power):
            return False
        return mandate_for(user_obj, Power(codename), obj) is not None
