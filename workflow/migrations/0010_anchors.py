"""The journal's anchors: rows that only grow, as the journal itself."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION workflow_anchor_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Un ancrage du journal ne se modifie pas et ne s''efface pas.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER workflow_anchor_only_grows BEFORE UPDATE OR DELETE ON workflow_anchor
    FOR EACH ROW EXECUTE FUNCTION workflow_anchor_only_grows();
CREATE TRIGGER workflow_anchor_is_never_emptied BEFORE TRUNCATE ON workflow_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION workflow_anchor_only_grows();
"""
BACKWARD = """
DROP TRIGGER workflow_anchor_is_never_emptied ON workflow_anchor;
DROP TRIGGER workflow_anchor_only_grows ON workflow_anchor;
DROP FUNCTION workflow_anchor_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0009_seal_queued_mail")]
    operations = [
        migrations.CreateModel(
            name="Anchor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField(verbose_name="écriture")),
                ("hash", models.CharField(max_length=64, verbose_name="empreinte")),
                ("at", models.DateTimeField(verbose_name="horodatée le")),
                ("token", models.BinaryField(verbose_name="jeton d’horodatage (DER)")),
            ],
            options={
                "verbose_name": "ancrage du journal",
                "verbose_name_plural": "ancrages du journal",
                "ordering": ["number", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("number", "hash"), name="one_anchor_an_entry")
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
