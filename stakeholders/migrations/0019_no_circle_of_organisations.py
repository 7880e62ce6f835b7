"""An organisation is attached to no organisation that is, directly or not, attached to it."""

from django.db import migrations, models

# One attachment at a time: two that would close a circle together do not see each other otherwise.
FORWARD = """
CREATE FUNCTION stakeholders_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(1095981126);
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT o.parent_id FROM stakeholders_organisation o JOIN above ON o.id = above.id
            WHERE o.parent_id IS NOT NULL
        )
        SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'Ce rattachement ferait un cercle.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'no_circle_of_organisations';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stakeholders_no_circle BEFORE INSERT OR UPDATE OF parent_id ON stakeholders_organisation
    FOR EACH ROW EXECUTE FUNCTION stakeholders_no_circle();
"""
BACKWARD = """
DROP TRIGGER stakeholders_no_circle ON stakeholders_organisation;
DROP FUNCTION stakeholders_no_circle();
"""


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0018_power_to_open")]
    operations = [
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent", None), models.Q(("parent", models.F("pk")), _negated=True), _connector="OR"),
                name="organisation_is_not_its_own_parent",
                violation_error_message="Une organisation n’est pas rattachée à elle-même.",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
