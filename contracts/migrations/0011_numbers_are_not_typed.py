"""Numbers follow the order: nothing keeps typed ones apart any more, and places may be exchanged."""

from importlib import import_module

from django.db import migrations, models

typed = import_module("contracts.migrations.0008_one_number_a_contract")


class Migration(migrations.Migration):
    dependencies = [("contracts", "0010_with_diagnostic")]
    operations = [
        migrations.RunSQL(typed.BACKWARD, typed.FORWARD),
        migrations.RemoveConstraint("commitment", "one_commitment_a_number"),
        migrations.AlterField(
            "commitment", "number", models.CharField("numéro", max_length=12, blank=True, default="")
        ),
        migrations.RemoveConstraint("volet", "one_volet_a_place"),
        migrations.AddConstraint(
            "volet",
            models.UniqueConstraint(
                fields=["contract", "order"],
                name="one_volet_a_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Un autre volet occupe déjà cette place : changez l’ordre.",
            ),
        ),
    ]
