"""The worker's part of the anchoring of the journal."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from signatures.errors import TimestampUnavailable
from signatures.jobs import UPKEEP, Backoff, in_transaction
from signatures.roots import NoTrustRoot
from workflow.record import anchors, once, unsent

log = structlog.get_logger(__name__)


def defer_anchor(number: int) -> None:
    """Queue the anchoring of an entry of the journal, in the transaction that writes it."""
    in_transaction(anchor_entry).defer(number=number)


@app.task(name="workflow.anchor_entry", queue=UPKEEP, retry=Backoff())
def anchor_entry(*, number: int) -> None:
    """Anchor one entry, and with it all that came before; a silent authority is asked again later."""
    anchors.anchor(number)


@app.periodic(cron="3-59/10 * * * *")
@app.task(name="workflow.anchor_journal", queue=UPKEEP, pass_context=False)
def anchor_journal(timestamp: int) -> None:
    """Anchor the journal's head once an hour, if it moved: asked often, so that an outage is made up for."""
    try:
        anchors.anchor_if_due()
    except (TimestampUnavailable, NoTrustRoot) as error:
        log.warning(
            "journal not anchored, will be tried again", reasons=getattr(error, "reasons", str(error))
        )


@app.periodic(cron="17 3 * * *")
@app.task(name="workflow.forget_sent_forms", queue=UPKEEP, pass_context=False)
def forget_sent_forms(timestamp: int) -> None:
    """Forget the forms that no page can send again."""
    once.forget()


@app.periodic(cron="29 * * * *")
@app.task(name="workflow.forget_unsent_forms", queue=UPKEEP, pass_context=False)
def forget_unsent_forms(timestamp: int) -> None:
    """Forget what nobody came back for."""
    unsent.forget()
