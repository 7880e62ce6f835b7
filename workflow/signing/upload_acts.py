"""A signatory signs with a tool of their own, and brings the signed document back."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from contracts.models import Signatory
from signatures import brought, output
from signatures.backends import SigningCertificate, certificate_of
from signatures.chains import chain_of
from signatures.errors import SignatureError
from signatures.limited import Unavailable
from signatures.models import Envelope
from stakeholders.models import User
from workflow.keys import acts as keys_acts
from workflow.record.refusals import Locked
from workflow.signing import acts

MEANS = "upload"


@dataclass(frozen=True)
class Signed:
    """A document that passed every check but those of the act: its bytes, what it adds, by whom."""

    document: bytes
    adds: brought.Brought
    certificate: SigningCertificate
    document_sha256: str


def examine(document: bytes, signatory: Signatory, envelope: Envelope) -> Signed:
    """Look at a document that was brought back, before any act; raises Locked with what to do.

    Blocks for some seconds at most: never inside a transaction.
    """
    before = envelope.current_sha256
    try:
        adds = brought.examined(document, output.read(before), signatory.field_name)
        certificate = certificate_of(adds.certificate, chain_of(adds.certificate, adds.chain))
        output.refuse_brought(document, envelope, signatory.field_name, certificate.serial, adds)
    except Unavailable as error:
        raise Locked(
            _("Le serveur est trop occupé pour lire ce document : recommencez dans un instant.")
        ) from error
    except SignatureError as error:
        raise Locked(str(error)) from error
    return Signed(document, adds, certificate, before)


def sign(user: User, task_id: int, signed: Signed) -> None:
    """Take a signature made elsewhere for that of the signatory; raises ActRefused.

    The certificate is enrolled with it, if it was not: who signs this very document with it holds its key.
    One that bears another name waits for who administers the organisation, and nothing is signed.
    """
    try:
        supplied = output.keep(signed.document)
    except SignatureError as error:
        raise Locked(str(error)) from error
    key = keys_acts.enrol(user, MEANS, signed.certificate)
    if not key.is_confirmed:
        raise Locked(
            _(
                "Le certificat de cette signature est au nom de « %(name)s », qui n’est pas celui de votre "
                "compte. Qui administre votre organisation, à défaut l’administration de la plateforme, est "
                "invité à l’accepter ; déposez ensuite le même fichier."
            )
            % {"name": key.differences[0]["certificate"] if key.differences else key.common_name}
        )
    acts.sign(
        user,
        task_id,
        signed.adds,
        document_sha256=signed.document_sha256,
        key_id=str(key.pk),
        supplied_sha256=supplied,
    )
