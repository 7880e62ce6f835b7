"""The open tasks by the row that opened them: whether a place is asked for its signature, at once."""

from django.db import migrations

INDEX = """
CREATE INDEX workflow_open_tasks_of_seed ON viewflow_task (seed_object_id, seed_content_type_id)
    WHERE status IN ('NEW', 'ASSIGNED', 'STARTED') AND seed_object_id IS NOT NULL;
"""
NO_INDEX = "DROP INDEX workflow_open_tasks_of_seed;"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0036_mails_to_the_invited"), ("contracts", "0018_places_being_signed")]
    operations = [migrations.RunSQL(INDEX, NO_INDEX)]
