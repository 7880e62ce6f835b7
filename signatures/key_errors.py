"""What may be wrong with a means of signing: its certificate, whose it is, the person behind it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from signatures.errors import SignatureError


class UnreadableCertificate(SignatureError):
    """The bytes are no certificate of a kind that signs."""

    code = "unreadable_certificate"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce certificat ne peut être lu : il faut un certificat X.509 dont la clé est RSA ou à courbe "
                "elliptique. Choisissez-en un autre."
            )
        )


class NotForSigning(SignatureError):
    """The certificate may not sign documents: it is an authority's, or made for something else."""

    code = "not_for_signing"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce certificat n’est pas fait pour signer des documents (il sert à s’authentifier, à "
                "chiffrer ou à une autorité). Choisissez votre certificat de signature."
            )
        )


class SpecimenNotAllowed(SignatureError):
    """A demonstration's key, where what is signed counts."""

    code = "specimen_not_allowed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Les certificats de démonstration ne servent que là où tout porte la mention SPÉCIMEN : "
                "enregistrez votre propre moyen de signature."
            )
        )


class LevelTooLow(SignatureError):
    """The key would give a signature of a lower level than the place asks for; says what to do."""

    code = "level_too_low"


class CertificateTaken(SignatureError):
    """Somebody else enrolled this certificate."""

    code = "certificate_taken"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce certificat est déjà enregistré par une autre personne. S’il est à vous, prévenez "
                "l’administrateur de votre organisation."
            )
        )


class KeyNotUsable(SignatureError):
    """The means of signing that was chosen is not this person's, ended, or awaits a confirmation."""

    code = "key_not_usable"

    def __init__(self, why: str = "") -> None:
        super().__init__(
            why
            or _(
                "Ce moyen de signature ne peut plus servir : il a été retiré, ou attend une confirmation. "
                "Choisissez-en un autre."
            )
        )


class NotInAPersonsPlace(SignatureError):
    """An electronic seal is an organisation's: it never stands where a person signs."""

    code = "not_in_a_persons_place"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Un cachet électronique est celui d’une organisation : il ne peut tenir lieu de la signature "
                "d’une personne."
            )
        )


class SignatoryAbsent(SignatureError):
    """Nothing came from the person's own key in time."""

    code = "signatory_absent"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Aucune signature n’est venue de votre moyen de signature dans le temps prévu. Rien n’a été "
                "signé : recommencez, ou choisissez un autre moyen."
            )
        )


class SignatureCancelled(SignatureError):
    """The person took back what they had asked, before their key was used."""

    code = "signature_cancelled"

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez annulé cette demande de signature. Rien n’a été signé : vous pouvez recommencer.")
        )


__all__ = [
    "CertificateTaken",
    "KeyNotUsable",
    "NotForSigning",
    "NotInAPersonsPlace",
    "SignatoryAbsent",
    "SignatureCancelled",
    "SpecimenNotAllowed",
    "UnreadableCertificate",
]
