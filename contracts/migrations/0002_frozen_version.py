"""A frozen version stays as it is: the database refuses any change but the PDF's first hash."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION contracts_version_stays_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.pdf_sha256 = '' AND
       ROW(NEW.id, NEW.contract_id, NEW.number, NEW.content, NEW.content_sha256, NEW.frozen_at, NEW.frozen_by_id, NEW.label)
       IS NOT DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.number, OLD.content, OLD.content_sha256, OLD.frozen_at, OLD.frozen_by_id, OLD.label)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'La version % est figée : elle ne change plus et ne se supprime pas.', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER contracts_version_stays_frozen BEFORE UPDATE OR DELETE ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION contracts_version_stays_frozen();
"""
BACKWARD = """
DROP TRIGGER contracts_version_stays_frozen ON contracts_contractversion;
DROP FUNCTION contracts_version_stays_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
