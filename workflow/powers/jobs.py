"""The worker's part of the powers: files that were held for a form that nobody sent again."""

from __future__ import annotations

from procrastinate.contrib.django import app

from workflow.tasks import held_files


@app.periodic(cron="23 * * * *")
@app.task(name="workflow.forget_held_files", pass_context=False)
def forget_held_files(timestamp: int) -> None:
    """Delete what was held longer than a form takes it."""
    held_files.forget(older_than=held_files.FOR)
