"""The inbox's index: the open tasks of one organisation for one power, the most urgent first.

It replaces the one that migration 0002 made by date of creation, which no list reads. The
expression is that of workflow/tasks/lists.py (DUE).
"""

from django.db import migrations

INDEX = """
CREATE INDEX workflow_waiting_tasks ON viewflow_task
    (owner_permission_content_type_id, owner_permission_obj_pk, owner_permission,
     (COALESCE(data ->> 'due_on', '9999-12-31')), id)
    WHERE flow_task_type = 'HUMAN' AND status IN ('NEW', 'ASSIGNED', 'STARTED');
DROP INDEX workflow_open_tasks_of_organisation;
"""
NO_INDEX = """
CREATE INDEX workflow_open_tasks_of_organisation ON viewflow_task
    (owner_permission_content_type_id, owner_permission_obj_pk, created DESC)
    WHERE status IN ('NEW', 'ASSIGNED', 'STARTED');
DROP INDEX workflow_waiting_tasks;
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0006_internal_notes"), ("contracts", "0006_fill_access")]
    operations = [migrations.RunSQL(INDEX, NO_INDEX)]
