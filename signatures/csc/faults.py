"""What a remote signing service refuses, or fails to do: a type each, and a sentence that says what to do.

The codes and the words are those of CSC API v1.0.4 and v2.0.0.2 (« Error cases » of each method), of
RFC 6749 § 4.1.2.1 and § 5.2, and of RFC 6750 § 3.1. What a service writes of its own goes to the log.
"""

from __future__ import annotations

import re
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.errors import SignatureError, TransientError
from signatures.plain import visible


class UnknownService(SignatureError):
    """The settings name no such service (any more)."""

    code = "csc_unknown_service"

    def __init__(self, service: str) -> None:
        super().__init__(
            _(
                "Le service de signature à distance « %(name)s » n’est plus proposé ici : enregistrez un "
                "autre moyen de signature, ou prévenez l’administrateur de la plateforme."
            )
            % {"name": service}
        )
        self.service = service


class ServiceUnavailable(TransientError):
    """The service does not answer, is overloaded, or fails: the same may succeed in a moment."""

    code = "csc_unavailable"

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(
            _(
                "« %(name)s » ne répond pas : la signature n’est pas apposée. Réessayez dans quelques "
                "minutes, ou signez par un autre moyen."
            )
            % {"name": service}
        )
        self.service, self.reasons = service, {"csc": visible(reason, 300)}


class ServiceGarbled(ServiceUnavailable):
    """What the service answered is not what the API says: no JSON, too long, a value missing or added."""

    code = "csc_garbled"

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service, reason)
        self.args = (
            _(
                "La réponse de « %(name)s » ne peut être comprise : la signature n’est pas apposée. "
                "Réessayez, ou signez par un autre moyen ; si cela dure, prévenez l’administrateur de la "
                "plateforme."
            )
            % {"name": service},
        )


class RemoteRefusal(SignatureError):
    """The service refused; ``said`` is the code that it gave, for the log alone."""

    code = "csc_refused"
    sentence: ClassVar[str | Promise] = gettext_lazy(
        "« %(name)s » a refusé la demande : rien n’a été signé. Recommencez, ou signez par un autre moyen ; "
        "si cela dure, prévenez l’administrateur de la plateforme."
    )

    def __init__(self, service: str, said: str = "") -> None:
        super().__init__(str(self.sentence) % {"name": service})
        self.service, self.said = service, visible(said, 300)


class NotOffered(RemoteRefusal):
    """The service does not implement the method (501), or nothing is at its address (404, 405)."""

    code = "csc_not_offered"
    sentence = gettext_lazy(
        "« %(name)s » n’offre pas cette opération : signez par un autre moyen, et prévenez l’administrateur "
        "de la plateforme (adresse ou version du service)."
    )


class NotRecognised(RemoteRefusal):
    """The service does not know this platform: its identifier, its secret or its return address."""

    code = "csc_client_refused"
    sentence = gettext_lazy(
        "« %(name)s » ne reconnaît pas cette plateforme : prévenez l’administrateur, qui vérifiera "
        "l’identifiant et le secret donnés par le service. Signez par un autre moyen en attendant."
    )


class AccountClosed(RemoteRefusal):
    """The access token is invalid, expired or withdrawn (401)."""

    code = "csc_token_refused"
    sentence = gettext_lazy(
        "Votre connexion à « %(name)s » n’est plus valable : rien n’a été signé. Recommencez : le service "
        "vous demandera de vous identifier."
    )


class AuthorisationRefused(RemoteRefusal):
    """The person, or the service, did not authorise."""

    code = "csc_denied"
    sentence = gettext_lazy(
        "L’autorisation n’a pas été donnée chez « %(name)s » : rien n’a été signé. Recommencez, ou signez "
        "par un autre moyen."
    )


class AuthorisationEnded(RemoteRefusal):
    """The code that came back was used, is too old, or is somebody else's (invalid_grant)."""

    code = "csc_grant_refused"
    sentence = gettext_lazy(
        "L’autorisation donnée chez « %(name)s » est trop ancienne ou a déjà servi : rien n’a été signé. "
        "Recommencez."
    )


class ActivationInvalid(RemoteRefusal):
    """The SAD is not one of this service, or has served."""

    code = "csc_sad_invalid"
    sentence = gettext_lazy(
        "L’autorisation de signer n’est pas reconnue par « %(name)s », ou a déjà servi : rien n’a été signé. "
        "Recommencez."
    )


class ActivationExpired(RemoteRefusal):
    """The SAD came too late."""

    code = "csc_sad_expired"
    sentence = gettext_lazy(
        "L’autorisation de signer donnée à « %(name)s » a expiré : rien n’a été signé. Recommencez."
    )


class ActivationOfAnother(RemoteRefusal):
    """The SAD was given for other hashes: another document, or another state of this one."""

    code = "csc_sad_other_hash"
    sentence = gettext_lazy(
        "L’autorisation donnée chez « %(name)s » n’est pas pour ce document : rien n’a été signé. Rouvrez "
        "le document et recommencez."
    )


class PinWrong(RemoteRefusal):
    """The PIN is not the right one: never sent again by itself, each try brings the lock nearer."""

    code = "csc_pin_wrong"
    sentence = gettext_lazy(
        "Code PIN refusé par « %(name)s » : rien n’a été signé. Vérifiez-le avant un nouvel essai : "
        "plusieurs erreurs bloquent la clé."
    )


class OtpWrong(RemoteRefusal):
    """The one-time code is not the right one."""

    code = "csc_otp_wrong"
    sentence = gettext_lazy(
        "Code à usage unique refusé par « %(name)s » : rien n’a été signé. Attendez le code suivant, ou "
        "demandez-en un nouveau, puis réessayez."
    )


class CodesWrong(RemoteRefusal):
    """One of the codes is not the right one, and the service does not say which (v2)."""

    code = "csc_codes_wrong"
    sentence = gettext_lazy(
        "Codes refusés par « %(name)s » : rien n’a été signé. Vérifiez-les avant un nouvel essai : plusieurs "
        "erreurs bloquent la clé."
    )


class KeyLockedThere(RemoteRefusal):
    """The PIN, the OTP or the whole credential is locked."""

    code = "csc_locked"
    sentence = gettext_lazy(
        "Votre clé est bloquée chez « %(name)s », après plusieurs codes erronés : rien n’a été signé. "
        "Faites-la débloquer par le service ; en attendant, signez par un autre moyen."
    )


class KeyDisabled(RemoteRefusal):
    """The credential is disabled, suspended or unknown there."""

    code = "csc_key_disabled"
    sentence = gettext_lazy(
        "Cette clé n’est plus utilisable chez « %(name)s » : rien n’a été signé. Voyez avec le service, ou "
        "signez par un autre moyen."
    )


class CertificateOver(RemoteRefusal):
    """The service says that the certificate has expired, or was revoked."""

    code = "csc_certificate_over"
    sentence = gettext_lazy(
        "« %(name)s » annonce que votre certificat n’est plus en cours de validité : rien n’a été signé. "
        "Faites-le renouveler, puis enregistrez de nouveau ce moyen de signature."
    )


class DigestUnfit(RemoteRefusal):
    """The service does not take a hash of this length, or of this algorithm."""

    code = "csc_digest"
    sentence = gettext_lazy(
        "« %(name)s » ne signe pas d’empreinte SHA-256 avec cette clé : signez par un autre moyen, et "
        "prévenez l’administrateur de la plateforme."
    )


class AlgorithmUnfit(RemoteRefusal):
    """None of the key's algorithms is one that a signature of ours may have."""

    code = "csc_algorithm"
    sentence = gettext_lazy(
        "Cette clé de « %(name)s » ne signe par aucun des procédés admis (RSA ou ECDSA, avec SHA-256) : "
        "signez par un autre moyen."
    )


class NobodyAsked(RemoteRefusal):
    """The key signs for whoever holds the account: it proves nothing of who asked."""

    code = "csc_nobody_asked"
    sentence = gettext_lazy(
        "Avec cette clé, « %(name)s » signe sans rien demander à son titulaire : elle ne peut servir ici. "
        "Choisissez-en une autre, ou un autre moyen."
    )


class TooManyAtOnce(RemoteRefusal):
    """More signatures were asked for than one authorisation may bear."""

    code = "csc_too_many"
    sentence = gettext_lazy(
        "« %(name)s » ne signe pas autant de documents en une fois : rien n’a été signé. Signez-en moins à "
        "la fois."
    )


# (error, what its description contains): the first that fits; an empty error fits each
_MEANINGS: tuple[tuple[str, str, type[RemoteRefusal]], ...] = (
    ("invalid_otp", r"lock", KeyLockedThere),
    ("invalid_otp", "", OtpWrong),
    ("invalid_pin", r"lock", KeyLockedThere),
    ("invalid_pin", "", PinWrong),
    ("invalid_authentication_data", "", CodesWrong),
    ("invalid_hash", "", ActivationOfAnother),
    ("access_denied", "", AuthorisationRefused),
    ("invalid_grant", "", AuthorisationEnded),
    ("invalid_client|unauthorized_client|invalid_scope|unsupported_\\w+", "", NotRecognised),
    ("invalid_token|expired_token", "", AccountClosed),
    ("", r"pin\b.*lock|otp\b.*lock|credential\b.*lock|lock.*credential", KeyLockedThere),
    ("", r"not authori[sz]ed by the sad|do(es)? not match authori[sz]ed", ActivationOfAnother),
    ("", r"sad\b.*expired|expired\b.*sad", ActivationExpired),
    ("", r"\bsad\b", ActivationInvalid),
    ("", r"numbers? of signatures|numsignatures", TooManyAtOnce),
    ("", r"certificate\b.*(expired|revoked)", CertificateOver),
    ("", r"digest value length|hashalg", DigestUnfit),
    ("", r"signalgo", AlgorithmUnfit),
    ("", r"\botp\b", OtpWrong),
    ("", r"\bpin\b", PinWrong),
    ("", r"is disabled|parameter credentialid", KeyDisabled),
    ("", r"client_id|client_secret|client authori[sz]ation|redirect_uri", NotRecognised),
)
_BY_STATUS = {
    401: AccountClosed,
    403: AuthorisationRefused,
    404: NotOffered,
    405: NotOffered,
    501: NotOffered,
}
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PASSING_WORDS = {"server_error", "temporarily_unavailable", "slow_down"}


def fault_of(service: str, status: int, error: str, description: str) -> SignatureError:
    """Return what a refusal means: ``status`` of HTTP (0: none, by redirection), the two words it gave."""
    said = f"{status} {error}".strip()  # what it describes might quote what was typed
    if status in _PASSING or error in _PASSING_WORDS:
        return ServiceUnavailable(service, said)
    for wanted, words, kind in _MEANINGS:
        if (not wanted or re.fullmatch(wanted, error)) and re.search(words, description, re.IGNORECASE):
            return kind(service, said)
    return _BY_STATUS.get(status, RemoteRefusal)(service, said)
