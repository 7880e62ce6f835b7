"""The access table follows guardian's rows and the contract's status, whoever writes them.

It is the database that keeps it, so that no path is forgotten: a grant, a withdrawal, a
cascade, a bulk copy, a status that an UPDATE changes. A grant reads the status under a
shared lock on the contract: a contract that ends meanwhile waits, then finds the new row.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION contracts_has_ended(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN status IN ('signed', 'expired');

CREATE FUNCTION contracts_access_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contracts_contractaccess (group_id, contract_id, ended)
    SELECT granted.group_id, contract.id, contracts_has_ended(contract.status)
    FROM new_rows AS granted
    JOIN auth_permission AS permission
        ON permission.id = granted.permission_id AND permission.codename = 'view_contract'
    JOIN contracts_contract AS contract ON contract.id = granted.content_object_id
    FOR SHARE OF contract
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION contracts_access_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM contracts_contractaccess AS access
    USING old_rows AS withdrawn
    JOIN auth_permission AS permission
        ON permission.id = withdrawn.permission_id AND permission.codename = 'view_contract'
    WHERE access.group_id = withdrawn.group_id AND access.contract_id = withdrawn.content_object_id;
    RETURN NULL;
END $$;

CREATE FUNCTION contracts_access_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contracts_contractaccess SET ended = contracts_has_ended(NEW.status)
    WHERE contract_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER contracts_access_granted AFTER INSERT ON contracts_contractgrouppermission
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_access_granted();
CREATE TRIGGER contracts_access_withdrawn AFTER DELETE ON contracts_contractgrouppermission
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_access_withdrawn();
-- triggers of one event run in the order of their names: what was goes, then what is comes
CREATE TRIGGER contracts_access_changed_1 AFTER UPDATE ON contracts_contractgrouppermission
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_access_withdrawn();
CREATE TRIGGER contracts_access_changed_2 AFTER UPDATE ON contracts_contractgrouppermission
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION contracts_access_granted();
CREATE TRIGGER contracts_access_ended AFTER UPDATE OF status ON contracts_contract
    FOR EACH ROW WHEN (contracts_has_ended(OLD.status) <> contracts_has_ended(NEW.status))
    EXECUTE FUNCTION contracts_access_ended();
"""
BACKWARD = """
DROP TRIGGER contracts_access_ended ON contracts_contract;
DROP TRIGGER contracts_access_changed_2 ON contracts_contractgrouppermission;
DROP TRIGGER contracts_access_changed_1 ON contracts_contractgrouppermission;
DROP TRIGGER contracts_access_withdrawn ON contracts_contractgrouppermission;
DROP TRIGGER contracts_access_granted ON contracts_contractgrouppermission;
DROP FUNCTION contracts_access_ended();
DROP FUNCTION contracts_access_withdrawn();
DROP FUNCTION contracts_access_granted();
DROP FUNCTION contracts_has_ended(text);
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0004_contract_access_and_words")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
