"""What the record tells: an event was written."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from stakeholders.reading import afresh
from workflow.news import writing
from workflow.news.kinds import CONTACT
from workflow.notices.models import KeptMail
from workflow.notices.signals import mail_not_delivered
from workflow.record import events
from workflow.record.models import Event
from workflow.record.signals import event_written


@receiver(event_written)
def tell(event: Event, **_kwargs: Any) -> None:
    """Write the notices of an event, in its transaction; by what is true now, not by what a page had read."""
    with afresh():
        writing.write(event)


@receiver(mail_not_delivered)
def not_delivered(kept: KeptMail, **_kwargs: Any) -> None:
    """Tell who can reach the person by another way; never of a mail that told just that."""
    if kept.contract is None:
        return
    facts: dict[str, Any] = {"how": kept.get_fate_display()}
    if kept.contact is not None:  # they have no account to be told by
        facts |= {"person": str(kept.contact), "organisation_id": kept.contact.organisation_id}
    elif kept.notices.exclude(kind=CONTACT.code).exists():
        facts |= {"person_id": kept.person_id, "person": str(kept.person)}
    else:
        return
    events.publish("mail_not_delivered", kept.contract, **facts)
