"""What the authorities say of a certificate now, asked of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathError,
    RevokedError,
    ValidationError,
)

from signatures import clocks, fetching
from signatures.backends import SigningCertificate
from signatures.errors import (
    CertificateNotInForce,
    CertificateRevoked,
    CertificateUntrusted,
    RevocationUnknown,
)
from signatures.lists import standing
from signatures.roots import NoTrustRoot, load_roots, validation_policy

__all__ = ["NoTrustRoot", "check_signer", "load_roots", "online_context", "validation_policy"]


@asynccontextmanager
async def online_context(others: Sequence[bytes] = ()) -> AsyncIterator[ValidationContext]:
    """Yield a context that asks the authorities themselves, for certificates that are ours.

    ``others`` are DER certificates that may be on the way to a root. The authorities of the trusted lists
    are believed too where they are at hand (``standing.at_hand``). Never for an uploaded
    file: the addresses to ask are written in the certificates. Raises TimeoutError when all that
    is done within takes too long, or an answer does not begin in time.
    """
    async with fetching.session() as session, asyncio.timeout(fetching.ALL_SECONDS):
        yield ValidationContext(
            trust_manager=standing.anchors(),
            other_certs=[asn1_x509.Certificate.load(other) for other in others],
            allow_fetching=True,
            fetcher_backend=fetching.backend(session),
            revocation_mode="require",
            time_tolerance=clocks.TOLERANCE,
        )


async def check_signer(certificate: SigningCertificate) -> None:
    """Check, before the key is used, that this certificate is trusted, in force and not revoked.

    Raises CertificateNotInForce, CertificateRevoked, CertificateUntrusted (permanent) or
    RevocationUnknown (nobody answered: try again).
    """
    try:
        await _check(certificate)
    except TimeoutError as error:
        raise RevocationUnknown(certificate.serial, "no answer in time") from error


async def _check(certificate: SigningCertificate) -> None:
    async with online_context(certificate.chain) as context:
        validator = CertificateValidator(
            asn1_x509.Certificate.load(certificate.certificate), validation_context=context
        )
        try:
            await validator.async_validate_usage({"non_repudiation"})
        except (ExpiredError, NotYetValidError) as error:
            raise CertificateNotInForce(certificate.not_before, certificate.not_after) from error
        except RevokedError as error:
            raise CertificateRevoked(certificate.serial) from error
        except InsufficientRevinfoError as error:
            raise RevocationUnknown(certificate.serial, str(error)) from error
        except (PathError, ValidationError) as error:
            raise CertificateUntrusted(certificate.serial, str(error)) from error
