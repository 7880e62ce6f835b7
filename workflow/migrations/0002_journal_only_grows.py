"""The journal only grows: the database refuses a change, a deletion, and a link that does not fit."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION workflow_journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Le journal ne se modifie pas et ne s''efface pas.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER workflow_journal_only_grows BEFORE UPDATE OR DELETE ON workflow_journalentry
    FOR EACH ROW EXECUTE FUNCTION workflow_journal_only_grows();
CREATE TRIGGER workflow_journal_is_never_emptied BEFORE TRUNCATE ON workflow_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION workflow_journal_only_grows();

CREATE FUNCTION workflow_journal_links_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_number bigint; last_hash text;
BEGIN
    SELECT number, hash INTO last_number, last_hash
        FROM workflow_journalentry ORDER BY number DESC LIMIT 1;
    IF NEW.number <> COALESCE(last_number, 0) + 1
       OR NEW.previous_hash <> COALESCE(last_hash, repeat('0', 64)) THEN
        RAISE EXCEPTION 'Cette écriture ne suit pas la dernière du journal.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflow_journal_links_fit BEFORE INSERT ON workflow_journalentry
    FOR EACH ROW EXECUTE FUNCTION workflow_journal_links_fit();
"""
BACKWARD = """
DROP TRIGGER workflow_journal_links_fit ON workflow_journalentry;
DROP FUNCTION workflow_journal_links_fit();
DROP TRIGGER workflow_journal_is_never_emptied ON workflow_journalentry;
DROP TRIGGER workflow_journal_only_grows ON workflow_journalentry;
DROP FUNCTION workflow_journal_only_grows();
"""

# viewflow's own tables lack the indexes that an inbox and a contract's page need.
INDEXES = """
CREATE INDEX workflow_open_tasks_of_organisation ON viewflow_task
    (owner_permission_content_type_id, owner_permission_obj_pk, created DESC)
    WHERE status IN ('NEW', 'ASSIGNED', 'STARTED');
CREATE INDEX workflow_tasks_of_process ON viewflow_task (process_id, flow_task, status);
"""
NO_INDEXES = "DROP INDEX workflow_tasks_of_process; DROP INDEX workflow_open_tasks_of_organisation;"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial"), ("viewflow", "0015_task_scheduled")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD), migrations.RunSQL(INDEXES, NO_INDEXES)]
