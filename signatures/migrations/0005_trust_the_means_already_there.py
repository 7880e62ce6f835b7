"""What people already sign with goes on counting: rows alone, no schema."""

from django.db import migrations


def trust(apps, _schema_editor):
    authenticators = apps.get_model("mfa", "Authenticator").objects.filter(type__in=["webauthn", "totp"])
    means = apps.get_model("signatures", "ProofMeans").objects
    for authenticator in authenticators.filter(means=None).iterator():
        means.create(
            user_id=authenticator.user_id,
            authenticator=authenticator,
            since=authenticator.created_at,
            counts_from=authenticator.created_at,
            how="before",
        )


class Migration(migrations.Migration):
    dependencies = [
        ("mfa", "0003_authenticator_type_uniq"),
        ("signatures", "0004_means_of_proof"),
    ]

    operations = [migrations.RunPython(trust, migrations.RunPython.noop)]
