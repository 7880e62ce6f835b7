"""The fields that several models of this room share."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SHA256 = RegexValidator(r"^[0-9a-f]{64}$", _("Une empreinte SHA-256 a 64 chiffres hexadécimaux."))


class Sha256Field(models.CharField):  # type: ignore[type-arg]  # generic in the stubs only
    """The name of a blob: a SHA-256 in lower-case hexadecimal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        kwargs.setdefault("validators", [SHA256])
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave out what never varies, so that migrations stay short."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        kwargs.pop("validators", None)
        return name, path, args, kwargs
