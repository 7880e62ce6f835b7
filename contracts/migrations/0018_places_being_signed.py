"""A place knows whether its contract is being signed, so that those of an office are found at once.

« Bientôt », in the inbox, asks it of each office that signs; without this it read every place that the
office ever had. The database keeps it, whoever writes a place or a contract's status.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION contracts_place_is_being_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT contract.status = 'signing' INTO NEW.being_signed
    FROM contracts_contract AS contract WHERE contract.id = NEW.contract_id
    FOR SHARE;
    NEW.being_signed := coalesce(NEW.being_signed, false);
    RETURN NEW;
END $$;

CREATE FUNCTION contracts_places_are_being_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contracts_signatory SET being_signed = (NEW.status = 'signing') WHERE contract_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER contracts_place_is_being_signed
    BEFORE INSERT OR UPDATE OF contract_id, being_signed ON contracts_signatory
    FOR EACH ROW EXECUTE FUNCTION contracts_place_is_being_signed();
CREATE TRIGGER contracts_places_are_being_signed AFTER UPDATE OF status ON contracts_contract
    FOR EACH ROW WHEN ((OLD.status = 'signing') <> (NEW.status = 'signing'))
    EXECUTE FUNCTION contracts_places_are_being_signed();

UPDATE contracts_signatory SET being_signed = true
WHERE contract_id IN (SELECT id FROM contracts_contract WHERE status = 'signing');
"""
BACKWARD = """
DROP TRIGGER contracts_places_are_being_signed ON contracts_contract;
DROP TRIGGER contracts_place_is_being_signed ON contracts_signatory;
DROP FUNCTION contracts_places_are_being_signed();
DROP FUNCTION contracts_place_is_being_signed();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0017_reminders")]
    operations = [
        migrations.AddField(
            model_name="signatory",
            name="being_signed",
            field=models.BooleanField(db_default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="signatory",
            index=models.Index(
                fields=["office", "-contract"],
                condition=models.Q(("being_signed", True)),
                name="being_signed",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
