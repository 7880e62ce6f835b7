"""The demonstration's public key infrastructure: everything in it is a SPECIMEN.

A root, an issuing authority, an OCSP responder and a time-stamping authority live in
``settings.PKI_DIR``; persons' keys are PKCS#12 files below it. The services answer at
``settings.PKI_URL`` (``manage.py serve_pki``).
"""

from signatures.demo.pki.issuance import (
    DEMO_POLICY,
    Algorithm,
    PkiMoved,
    ensure,
    is_revoked,
    issue_person,
    person_path,
    revoke,
)

__all__ = [
    "DEMO_POLICY",
    "Algorithm",
    "PkiMoved",
    "ensure",
    "is_revoked",
    "issue_person",
    "person_path",
    "revoke",
]
