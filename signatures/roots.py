"""Whom we believe: the roots of this installation, and how fresh what the authorities said must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from django.conf import settings
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, FreshnessReqType
from pyhanko_certvalidator.registry import TrustManager

from signatures.errors import TransientError

# What an authority says holds until the moment at which it says that it will say more (nextUpdate): a root
# publishes a list a year or a month, a responder prepares its answers for hours. Of the signatory's own
# certificate, more: the seal waits for what is said after the signature, which alone shows a revocation that
# came before; where that is not asked (settings.REVOCATION_AFTER_SIGNATURE), it may be older by this at most.
SIGNATORY_FRESHNESS = dt.timedelta(hours=24)
# Of a certificate that is not ours, what its authority says at its own pace: a CRL a day.
OTHERS_FRESHNESS = dt.timedelta(hours=36)
# The authority of the last time-stamp is judged by what the file says of it: offline there
# is nothing newer. It ends with its certificate, before which the archive is stamped anew.
TIMESTAMP_FRESHNESS = dt.timedelta(days=20 * 365)


class NoTrustRoot(TransientError):
    """No trusted root certificate could be read: nothing can be judged until one is."""

    code = "no_trust_root"


def load_roots(sources: Sequence[bytes | Path] | None = None) -> list[asn1_x509.Certificate]:
    """Return the certificates of ``sources`` (PEM or DER), by default ``settings.TRUST_ROOTS``."""
    roots: list[asn1_x509.Certificate] = []
    for source in settings.TRUST_ROOTS if sources is None else sources:
        try:
            data = source if isinstance(source, bytes) else Path(source).read_bytes()
            roots += load_certs_from_pemder_data(data)
        except (OSError, ValueError) as error:
            raise NoTrustRoot(str(error)) from error
    return roots


def load_seal_authorities(roots: list[asn1_x509.Certificate]) -> list[bytes] | None:
    """Return the certificates (DER) that may time-stamp a sealed document, None when nothing says.

    ``settings.SEAL_TIMESTAMP_CERTIFICATES``, by default the demonstration's own authority. They
    say nothing of a file judged under other roots than ``settings.TRUST_ROOTS``.
    """
    try:
        ours = {root.dump() for root in load_roots()}
    except NoTrustRoot:
        return None
    sources = settings.SEAL_TIMESTAMP_CERTIFICATES or [
        path for path in [Path(settings.PKI_DIR) / "tsa.cert.pem"] if path.exists()
    ]
    if not sources or not {root.dump() for root in roots} <= ours:
        return None
    return [certificate.dump() for certificate in load_roots(sources)]


def validation_policy(anchors: TrustManager, freshness: dt.timedelta | None) -> CertValidationPolicySpec:
    """Return the rules for validating an archived file: whom we trust, revocation always known.

    ``freshness`` is how old what the authorities said may be at the time of validation; None, as old as
    they say themselves.
    """
    return CertValidationPolicySpec(
        trust_manager=anchors,
        revinfo_policy=CertRevTrustPolicy(
            REQUIRE_REVINFO,
            freshness=freshness,
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
