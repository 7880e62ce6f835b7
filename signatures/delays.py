"""Why a signature or a seal waits though no outside service is at fault: what is tried again by itself."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from signatures.errors import RevocationUnknown, SignatureError, TransientError, on_day


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


class RevocationTooEarly(RevocationUnknown):
    """What the authority last said of a certificate is older than the signature: it is asked again later."""

    code = "revocation_too_early"

    def __init__(self, serial: str, known_at: dt.datetime | None) -> None:
        super().__init__(serial, f"last said at {known_at}")
        self.args = (
            _(
                "Le dernier état publié par l’autorité du certificat date d’avant la signature : le "
                "scellement attend le suivant. Il n’y a rien à faire."
            ),
        )


class ProofNotLonger(TransientError):
    """No time-stamping authority proves a sealed file for longer than the time-stamp that it has."""

    code = "proof_not_longer"

    def __init__(self, until: dt.datetime) -> None:
        super().__init__(
            _(
                "L’autorité d’horodatage ne prolonge pas la preuve au-delà du %(day)s : faites renouveler "
                "son certificat, ou ajoutez une autre autorité (TIMESTAMP_URLS)."
            )
            % {"day": on_day(until)}
        )
