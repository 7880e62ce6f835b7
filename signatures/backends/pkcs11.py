"""An organisation's hardware module: it seals, and never stands where a person signs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from signatures import cms, hardware
from signatures.backends import Brings, SigningCertificate, certificate_in
from signatures.errors import NoCertificate
from signatures.key_errors import NotInAPersonsPlace
from signatures.models import EnrolledKey


class ModuleBackend:
    """Signs in the module that the key's row names, with the PIN of the environment."""

    code = "pkcs11"
    label = _("Cachet électronique (module matériel de l’organisation)")
    specimen = False
    proves = False
    brings: Brings = "value"

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the certificate that was enrolled; raises NotInAPersonsPlace for a person's row."""
        _refuse_a_person(key)
        return certificate_in(key)

    def sign(self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str) -> bytes:
        """Sign in the module; raises BackendUnavailable, KeyLocked, NoCertificate, NotInAPersonsPlace."""
        _refuse_a_person(key)
        if digest_algorithm != cms.DIGEST_ALGORITHM:
            raise NoCertificate(digest_algorithm)
        return hardware.sign(hardware.place(key.settings), signed_attributes)


def _refuse_a_person(key: EnrolledKey) -> None:
    if key.owner_id is not None:
        raise NotInAPersonsPlace
