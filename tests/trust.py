"""Means of proof that have counted for long."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from signatures.models import ProofMeans


def trust(authenticator: Authenticator) -> Authenticator:
    """Have a passkey or an application count before a signature, as one that was confirmed does."""
    ProofMeans.objects.update_or_create(
        user=authenticator.user,
        authenticator=authenticator,
        defaults={
            "since": authenticator.created_at,
            "counts_from": authenticator.created_at,
            "how": ProofMeans.How.BEFORE,
        },
    )
    return authenticator
