"""A commitment has a place, and no number of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0012_places_from_one")]
    operations = [
        migrations.RemoveField("commitment", "number"),
        migrations.AddConstraint(
            "commitment",
            models.UniqueConstraint(
                fields=["volet", "order"],
                name="one_commitment_a_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Un autre engagement occupe déjà cette place : changez l’ordre.",
            ),
        ),
    ]
