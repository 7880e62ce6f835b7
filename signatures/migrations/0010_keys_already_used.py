"""The keys that people signed with so far are enrolled: rows alone, no schema."""

import hashlib

from cryptography import x509
from django.db import migrations


def enrol(apps, _schema_editor):
    requests = apps.get_model("signatures", "SignatureRequest").objects
    keys = apps.get_model("signatures", "EnrolledKey").objects
    made = {}
    for request in requests.filter(key=None).order_by("-pk").iterator():
        der = bytes(request.certificate)
        fingerprint = hashlib.sha256(der).hexdigest()
        known = (request.user_id, request.backend, fingerprint)
        if known not in made:
            parsed = x509.load_der_x509_certificate(der)
            last = not any(owner == request.user_id and means == request.backend for owner, means, _ in made)
            named = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            made[known] = keys.create(
                owner_id=request.user_id,
                means=request.backend,
                certificate=der,
                fingerprint=fingerprint,
                subject={"common_name": str(named[0].value) if named else ""},
                level="specimen" if request.backend == "demo" else "unknown",
                not_before=parsed.not_valid_before_utc,
                not_after=parsed.not_valid_after_utc,
                enrolled_at=request.requested_at,
                confirmed_at=request.requested_at,
                confirmed_by_id=request.user_id,
                ended_at=None if last else request.requested_at,
                ended_why="" if last else "Remplacé.",
            )
        requests.filter(pk=request.pk).update(key=made[known])


class Migration(migrations.Migration):
    dependencies = [("signatures", "0009_enrolled_keys")]

    operations = [migrations.RunPython(enrol, migrations.RunPython.noop)]
