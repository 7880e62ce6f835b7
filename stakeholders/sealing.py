"""What must be read again, kept so that a copy of the database does not give it away."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def box(purpose: str) -> MultiFernet:
    """Return what seals and opens, with keys of one purpose drawn from ``SECRET_KEY``.

    It opens what older keys sealed too (``SECRET_KEY_FALLBACKS``).
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(purpose.encode() + force_bytes(key)).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
