"""Which proof an organisation asks for."""

from __future__ import annotations

from django.utils.translation import gettext as _

from stakeholders.models import Organisation
from stakeholders.proofs import Proof


def why_not_this_proof(organisation: Organisation, proof: Proof) -> str:
    """Return what to do when the organisation asks for a stronger proof, or nothing."""
    if proof.suffices(organisation.signing_proof):
        return ""
    return _(
        "Votre organisation demande davantage pour signer : %(proof)s. Ajoutez ce moyen depuis "
        "« Sécurité de mon compte », puis revenez à cette page."
    ) % {"proof": str(Proof(organisation.signing_proof).label).lower()}
