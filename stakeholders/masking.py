"""Addresses as they may be shown: enough to know one's own, not enough to learn another's."""

from __future__ import annotations


def masked(email: str) -> str:
    """Show an address to whoever knows it already: « l…@orme-habitat.example »."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"
