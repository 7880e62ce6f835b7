"""The worker's part: what is old is forgotten every night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from workflow.privacy import retention


@app.periodic(cron="17 3 * * *")
@app.task(name="workflow.forget_old_data", queueing_lock="forget-old-data", pass_context=False)
def forget_old_data(timestamp: int) -> None:
    """Forget what its rule says."""
    retention.forget()
