"""Why a signature or a seal waits though no outside service is at fault: what is tried again by itself."""

from __future__ import annotations

from django.utils.translation import gettext as _

from signatures.errors import SignatureError, TransientError


class Unforeseen(TransientError):
    """Something failed that this room does not know; the technical log has the details."""

    code = "unforeseen"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            _("Une erreur imprévue (%(kind)s) a interrompu le travail.") % {"kind": type(error).__name__}
        )


class DocumentUnreadable(TransientError):
    """A document that the signature needs is missing, damaged or out of reach: it may be restored."""

    code = "document_unreadable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("Un document nécessaire à la signature ne peut être relu. %(reason)s") % {"reason": reason}
        )


class StoreUnavailable(TransientError):
    """A document could not be written: the disk is full, or out of reach."""

    code = "store_unavailable"

    def __init__(self, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        super().__init__(_("Le document ne peut être enregistré sur le disque (%(why)s).") % {"why": why})


class StampUnfit(TransientError):
    """The time-stamp that was had does not pass our validation: another one is asked for."""

    code = "stamp_unfit"

    def __init__(self, error: SignatureError) -> None:
        super().__init__(_("L’horodatage obtenu ne convient pas. %(why)s") % {"why": error})


class Delayed(TransientError):
    """What would be final before the key has served, and after it may still be mended: the value is kept."""

    def __init__(self, error: SignatureError) -> None:
        super().__init__(str(error))
        self.code = error.code
