"""The procedure moved to a room of its own: what the engine stored of its place follows."""

from django.db import migrations

MOVED = """
UPDATE viewflow_process SET flow_class = replace(flow_class, '{old}', '{new}')
    WHERE flow_class = '{old}';
UPDATE viewflow_task SET flow_task = '{new}' || substr(flow_task, length('{old}') + 1)
    WHERE starts_with(flow_task, '{old}.');
"""
BEFORE, AFTER = "workflow/flows.CsiFlow", "workflow/procedures.csi.CsiFlow"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0010_anchors"), ("viewflow", "0015_task_scheduled")]
    operations = [
        migrations.RunSQL(MOVED.format(old=BEFORE, new=AFTER), MOVED.format(old=AFTER, new=BEFORE)),
    ]
