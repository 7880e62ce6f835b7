"""What a passkey answered, as a form brings it: read once, with nothing in it that a device would not send.

WebAuthn level 3, § 5.1.8 (RegistrationResponseJSON, AuthenticationResponseJSON): bytes travel in base64url.
The library that reads them takes a number for that many bytes, and fails in as many ways as there are forms
written by hand.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

NO_PASSKEY = _("Aucune clé n’a été donnée. Recommencez, ou choisissez un autre moyen.")
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)
LONGEST = 64 * 1024  # characters: a key with the certificates of its maker takes a few thousand
_BYTES = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_OWED = {
    RegistrationResponse: ("clientDataJSON", "attestationObject"),
    AuthenticationResponse: ("clientDataJSON", "authenticatorData", "signature"),
}


class PasskeyField(forms.JSONField):
    """The answer of a device, to making a key or to using it; one that cannot be read is no key given."""

    widget = forms.HiddenInput

    def __init__(self, kind: type[RegistrationResponse | AuthenticationResponse]) -> None:
        self.kind = kind
        super().__init__(error_messages={"required": NO_PASSKEY, "invalid": NO_PASSKEY})

    def to_python(self, value: Any) -> Any:
        """Return the answer as its library reads it, or None; raises ValidationError."""
        if value in self.empty_values:
            return None
        try:
            if len(value) > LONGEST:
                raise ValueError
            return read(self.kind, super().to_python(value))
        except UNREADABLE as error:
            raise ValidationError(NO_PASSKEY, code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Give nothing back to the page: a key is asked for again."""
        return InvalidJSONInput()


def read(kind: type[RegistrationResponse | AuthenticationResponse], given: Any) -> dict[str, Any]:
    """Return what counts of an answer, once its library has read it; raises what UNREADABLE names."""
    if not isinstance(given, Mapping):
        raise TypeError
    response = given["response"]
    resident = ((given.get("clientExtensionResults") or {}).get("credProps") or {}).get("rk")
    kept = {name: _bytes(response[name]) for name in _OWED[kind]}
    if kind is AuthenticationResponse and response.get("userHandle") is not None:
        kept["userHandle"] = _bytes(response["userHandle"])
    identifier = _bytes(given["rawId"])
    found = {
        "id": identifier,
        "rawId": identifier,
        "type": "public-key",
        "response": kept,
        # whether it is kept by the device, and may log in alone
        "clientExtensionResults": {"credProps": {"rk": resident if isinstance(resident, bool) else None}},
    }
    kind.from_dict(found)
    return found


def _bytes(value: Any) -> str:
    if not (isinstance(value, str) and _BYTES.fullmatch(value)):
        raise ValueError
    return value
