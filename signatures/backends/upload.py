"""A tool of the signatory's own (Acrobat, Chorus Pro, DSS…): the document leaves, and comes back signed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from signatures.backends import AwaitingSignatory, Brings, HeldByItsOwner
from signatures.errors import NotReady
from signatures.models import EnrolledKey


class UploadBackend(HeldByItsOwner):
    """Signs nothing by itself: what the tool made is taken in one act (``actions.request_signature``)."""

    code = "upload"
    label = _("Votre propre outil de signature")
    brings: Brings = "document"

    def sign(
        self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str
    ) -> bytes | AwaitingSignatory:
        """Refuse: the key signs whole documents, elsewhere."""
        raise NotReady(_("Cette signature se fait dans votre propre outil : déposez-y le document signé."))
