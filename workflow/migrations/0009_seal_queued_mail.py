"""Take the mails out of the arguments of jobs: those that wait are sealed, the others forgotten."""

from __future__ import annotations

import json
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from stakeholders.sealing import box


def seal(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what waits, and empty what was sent or given up."""
    queued: Any = apps.get_model("workflow", "QueuedMail")
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, args::text, status IN ('todo', 'doing') FROM procrastinate_jobs"
            " WHERE task_name = 'workflow.send_mail' AND args -> 'body' IS NOT NULL"
        )
        for job, letter, waits in cursor.fetchall():
            args = {}
            if waits:
                sealed = box("contreseing.mail").encrypt(letter.encode()).decode("ascii")
                args = {"mail_id": queued.objects.create(sealed=sealed).pk}
            cursor.execute("UPDATE procrastinate_jobs SET args = %s WHERE id = %s", [json.dumps(args), job])


class Migration(migrations.Migration):
    dependencies = [
        ("workflow", "0008_queued_mail"),
        ("procrastinate", "0001_initial"),
    ]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
