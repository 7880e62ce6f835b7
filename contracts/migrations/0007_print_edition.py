"""What printed a version is kept with it, and filled in with its PDF's hash, once."""

from django.db import migrations, models

FROZEN = """
CREATE OR REPLACE FUNCTION contracts_version_stays_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.pdf_sha256 = '' AND
       ROW(NEW.id, NEW.contract_id, NEW.number, NEW.content, NEW.content_sha256, NEW.frozen_at, NEW.frozen_by_id, NEW.label)
       IS NOT DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.number, OLD.content, OLD.content_sha256, OLD.frozen_at, OLD.frozen_by_id, OLD.label)
       ALSO
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'La version % est figée : elle ne change plus et ne se supprime pas.', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
FORWARD = FROZEN.replace("ALSO", "AND (NEW.pdf_sha256 <> '' OR NEW.print_edition = OLD.print_edition)")
BACKWARD = FROZEN.replace("       ALSO\n", "")


class Migration(migrations.Migration):
    dependencies = [("contracts", "0006_fill_access")]
    operations = [
        migrations.AddField(
            model_name="contractversion",
            name="print_edition",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=64,
                verbose_name="édition de la mise en page",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
