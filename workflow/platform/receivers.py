"""What becomes of the trusted lists, journaled: by them a signature is qualified or is not."""

from __future__ import annotations

import hashlib
from typing import Any

from django.dispatch import receiver

from signatures import signals
from signatures.lists.models import ListTrial, LotlPivot, TrustedList
from workflow.record import journal


@receiver(signals.trusted_list_kept)
def list_kept(edition: TrustedList, **_kwargs: Any) -> None:
    """Journal the edition that counts from now on, by its bytes and by whom it was signed."""
    payload = {
        "territory": edition.territory,
        "sequence": edition.sequence,
        "issued_at": edition.issued_at.isoformat(),
        "list_sha256": edition.document_sha256,
        "signed_by": edition.signed_by,
        "source": edition.source,
    }
    journal.record("trusted_list_kept", contract=None, actor=None, payload=payload)


@receiver(signals.lotl_pivot_kept)
def pivot_kept(pivot: LotlPivot, **_kwargs: Any) -> None:
    """Journal by whom the list of the lists is signed from now on, and by which pivot."""
    signers = [hashlib.sha256(one).hexdigest() for one in pivot.signers]
    payload = {
        "sequence": pivot.sequence,
        "issued_at": pivot.issued_at.isoformat(),
        "list_sha256": pivot.document_sha256,
        "signed_by": pivot.signed_by,
        "signers": signers,
        "source": pivot.address,
    }
    journal.record("trusted_list_pivot_kept", contract=None, actor=None, payload=payload)


@receiver(signals.trusted_list_refused)
def list_refused(trial: ListTrial, **_kwargs: Any) -> None:
    """Journal that a list was not accepted, and why."""
    payload = {"territory": trial.territory, "why": trial.why, "source": trial.source}
    journal.record("trusted_list_refused", contract=None, actor=None, payload=payload)
