"""Why a signature could not be asked for or made: facts, and a sentence in French.

``permanent`` tells whether trying the same thing again can succeed.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from signatures.plain import visible


def at_time(moment: dt.datetime) -> str:
    """Write the hour of ``moment`` in Paris, « 10 h 42 »; that which comes twice says of which time it is."""
    season = f" ({paris(moment)})" if comes_twice(moment) else ""
    return clock(moment) + season


def clock(moment: dt.datetime) -> str:
    """Write the hour of ``moment`` in Paris, as its clocks show it."""
    local = timezone.localtime(moment)
    if translation.get_language() == "fr":
        return f"{local.hour}\u00a0h\u00a0{local:%M}"
    return f"{local:%H:%M}"


def comes_twice(moment: dt.datetime) -> bool:
    """Tell whether the clocks of Paris show this hour twice that day."""
    local = timezone.localtime(moment)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def paris(moment: dt.datetime) -> str:
    """Name the time that the clocks of Paris keep at ``moment``."""
    return _("heure d’été") if timezone.localtime(moment).dst() else _("heure d’hiver")


def on_day(moment: dt.datetime) -> str:
    """Write the day of ``moment`` in Paris, as in « 12 février 2027 »."""
    local = timezone.localtime(moment)
    if translation.get_language() == "fr":
        return f"{'1er' if local.day == 1 else local.day}\u00a0{date_format(local, 'F')} {local.year:04d}"
    return date_format(local, "j F Y")


def to_the_second(moment: dt.datetime) -> str:
    """Write ``moment`` in the time of Paris: « 12 février 2027, 10 h 42 min 07 s »."""
    seconds = f"{timezone.localtime(moment):%S}"
    french = translation.get_language() == "fr"
    after = f"\u00a0min\u00a0{seconds}\u00a0s" if french else f":{seconds}"
    season = f" ({paris(moment)})" if comes_twice(moment) else ""
    return f"{on_day(moment)}, {clock(moment)}{after}{season}"


class SignatureError(Exception):
    """The base of what this room refuses or fails to do.

    Its text goes to pages, logs and the database: what came from a file or a service is made
    harmless in it.
    """

    code = "signature"
    permanent = True

    def __str__(self) -> str:
        return visible(super().__str__(), 4_000)


class TransientError(SignatureError):
    """An outside service did not answer well; the job tries again by itself."""

    code = "transient"
    permanent = False


class ConfirmationRefused(SignatureError):
    """The person was not recognised, or their confirmation is not valid (any more)."""

    code = "confirmation"

    def __init__(
        self, message: str, *, remaining: int | None = None, retry_at: dt.datetime | None = None
    ) -> None:
        super().__init__(message)
        self.remaining, self.retry_at = remaining, retry_at


class EnvelopeClosed(SignatureError):
    """The envelope takes no signature (any more)."""

    code = "envelope_closed"

    def __init__(self, state: str) -> None:
        super().__init__(
            _("Ce document n’est plus ouvert à la signature : rechargez la page pour voir où il en est.")
        )
        self.state = state


class UnknownField(SignatureError):
    """The envelope has no such signature field."""

    code = "unknown_field"

    def __init__(self, field_name: str) -> None:
        super().__init__(
            _("Ce document n’a pas d’emplacement de signature « %(name)s ».") % {"name": field_name}
        )
        self.field_name = field_name


class NotTheSigner(SignatureError):
    """This place is somebody else's."""

    code = "not_the_signer"

    def __init__(self, field_name: str) -> None:
        super().__init__(_("Cet emplacement de signature est celui d’une autre personne."))
        self.field_name = field_name


class OutOfTurn(SignatureError):
    """Somebody else must sign before."""

    code = "out_of_turn"

    def __init__(self, field_name: str, awaited: list[str]) -> None:
        super().__init__(_("Ce n’est pas encore votre tour : une signature précédente est attendue."))
        self.field_name, self.awaited = field_name, awaited


class DocumentChanged(SignatureError):
    """The document to sign is not the one that was read."""

    code = "document_changed"

    def __init__(self, read: str, current: str) -> None:
        super().__init__(
            _("Le document a changé depuis que vous l’avez ouvert : relisez-le avant de signer.")
        )
        self.read, self.current = read, current


class SlotTaken(SignatureError):
    """A signature was already asked for at this place."""

    code = "slot_taken"

    def __init__(self, field_name: str) -> None:
        super().__init__(_("Cette signature est déjà demandée : elle ne peut l’être deux fois."))
        self.field_name = field_name


class UnknownBackend(SignatureError):
    """No signing backend has this code."""

    code = "unknown_backend"

    def __init__(self, backend: str) -> None:
        super().__init__(
            _("Cette version ne connaît pas le moyen de signature « %(name)s ».") % {"name": backend}
        )
        self.backend = backend


class NoCertificate(SignatureError):
    """The person has no certificate with this backend."""

    code = "no_certificate"

    def __init__(self, user: str) -> None:
        super().__init__(
            _(
                "%(user)s n’a pas encore de moyen de signature : enregistrez-en un dans « Mes moyens de "
                "signature »."
            )
            % {"user": user}
        )
        self.user = user


class CertificateNotInForce(SignatureError):
    """The certificate is expired, or not valid yet."""

    code = "certificate_not_in_force"

    def __init__(self, not_before: dt.datetime, not_after: dt.datetime) -> None:
        super().__init__(
            _(
                "Votre certificat est valable du %(start)s au %(end)s seulement : renouvelez-le avant de "
                "signer."
            )
            % {"start": on_day(not_before), "end": on_day(not_after)}
        )
        self.not_before, self.not_after = not_before, not_after


class NotEntitled(SignatureError):
    """The person may no longer sign this document: raised by who knows why, with the sentence."""

    code = "not_entitled"


class CertificateRevoked(SignatureError):
    """The authority has withdrawn the certificate."""

    code = "certificate_revoked"

    def __init__(self, serial: str) -> None:
        super().__init__(
            _("Votre certificat a été révoqué : la clé n’a pas servi. Demandez un nouveau certificat.")
        )
        self.serial = serial


class CertificateUntrusted(SignatureError):
    """The certificate does not lead to a root that this installation trusts."""

    code = "certificate_untrusted"

    def __init__(self, serial: str, reason: str) -> None:
        super().__init__(
            _("Votre certificat n’est pas reconnu ici (%(reason)s) : prévenez l’administrateur.")
            % {"reason": reason}
        )
        self.serial, self.reason = serial, reason


class RevocationUnknown(TransientError):
    """No revocation service answered for this certificate."""

    code = "revocation_unknown"

    def __init__(self, serial: str, reason: str) -> None:
        super().__init__(_("Le service qui dit si un certificat est révoqué ne répond pas."))
        self.serial, self.reason = serial, reason


class TimestampUnavailable(TransientError):
    """No time-stamping authority gave a good token; ``reasons`` has one line for each."""

    code = "timestamp_unavailable"

    def __init__(self, reasons: dict[str, str], *, clocks_apart: bool = False) -> None:
        super().__init__(
            _(
                "L’heure de l’horodatage et celle du serveur diffèrent de plus de cinq minutes : faites "
                "vérifier l’horloge du serveur par l’administrateur de la plateforme."
            )
            if clocks_apart
            else _("L’horodatage ne répond pas correctement.")
        )
        self.reasons = reasons


class BackendUnavailable(TransientError):
    """The key could not be reached (token unplugged, remote service down); says how, for the log."""

    code = "backend_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(_("La clé de signature ne répond pas (module ou service de signature)."))
        self.reasons = {"backend": reason}


class KeyLocked(SignatureError):
    """The key's own code was refused, or is locked: never tried again by itself, which would lock it."""

    code = "key_locked"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Le code du moyen de signature est refusé ou bloqué : la clé n’a pas servi. Faites-le "
                "rétablir par l’administrateur de la plateforme, puis signez de nouveau."
            )
        )


class WrongSignatureValue(SignatureError):
    """The value that came back does not verify with the certificate."""

    code = "wrong_signature_value"

    def __init__(self) -> None:
        super().__init__(
            _("La valeur de signature reçue ne correspond pas au certificat : rien n’a été signé.")
        )


class UnsignableDocument(SignatureError):
    """The PDF cannot take this signature."""

    code = "unsignable_document"

    def __init__(self, reason: str) -> None:
        super().__init__(_("Ce document ne peut recevoir la signature (%(reason)s).") % {"reason": reason})
        self.reason = reason


class OwnOutputInvalid(SignatureError):
    """What we produced does not pass our own validation, so it was thrown away.

    ``problems`` are sentences; ``codes`` name them (:mod:`signatures.reasons`).
    """

    code = "own_output_invalid"

    def __init__(self, problems: list[str], codes: frozenset[str] = frozenset()) -> None:
        super().__init__(
            _(
                "Le fichier produit n’a pas passé notre propre vérification et n’a pas été retenu : "
                "%(reasons)s"
            )
            % {"reasons": " ; ".join(problems)}
        )
        self.problems, self.codes = problems, codes


class NotReady(SignatureError):
    """A signature is missing before the envelope may be sealed, or nothing is to be retried."""

    code = "not_ready"
