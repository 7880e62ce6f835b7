"""Communes, named one after the other in one field."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from stakeholders.text import LineField


class CommuneNamesField(SimpleArrayField):
    """Names of communes between commas; an empty part, as after a last comma, is left out."""

    default_error_messages = {"item_invalid": _("Commune n° %(nth)s :")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LineField(max_length=120), **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the names, the empty ones left out; raises ValidationError, which says of which."""
        parts = value.split(self.delimiter) if isinstance(value, str) else value or []
        names, errors = [], []
        for nth, part in enumerate((part for part in parts if part.strip()), start=1):
            try:
                names.append(self.base_field.clean(part))
            except ValidationError as error:  # its own words may hold a « % », which Django formats again
                which = self.error_messages["item_invalid"] % {"nth": nth}
                errors += [ValidationError(f"{which} {why}", code="item_invalid") for why in error.messages]
        if errors:
            raise ValidationError(errors)
        return names
