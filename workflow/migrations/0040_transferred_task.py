"""The news of a task that was passed on is named as its event and its act are."""

from django.db import migrations

RENAME = "UPDATE workflow_notice SET kind = 'transferred' WHERE kind = 'lent'"
BACK = "UPDATE workflow_notice SET kind = 'lent' WHERE kind = 'transferred'"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0039_launch_warnings")]

    operations = [migrations.RunSQL(RENAME, BACK)]
