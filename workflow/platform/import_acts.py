"""An import confirmed: all of it by the acts of the pages, or nothing."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from stakeholders.models import Grant, User
from workflow.platform import acts
from workflow.platform.plan import Line, Plan, plan
from workflow.powers import appointments
from workflow.record import journal
from workflow.record.refusals import Invalid, NotAllowed

_LOCK = 0x494D504F  # two imports at once are done one after the other


@transaction.atomic
def take(actor: User, lines: list[tuple[int, dict[str, str]]], *, sha256: str) -> Plan:
    """Do what the file says as it stands now; returns what was done. Raises ActRefused, nothing being done.

    ``sha256`` is that of the file, which the journal keeps. Each organisation, office and invitation
    is journaled as by its page; a power is only asked for.
    """
    if not actor.acts_for_platform:
        raise NotAllowed
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    made = plan(lines, actor)
    if made.wrong:
        raise Invalid(_("Ce fichier ne peut plus être pris tel quel : relisez ses erreurs."))
    for line in made.doing:
        _take(actor, line)
    if made.doing:
        facts = {"sha256": sha256, "lines": len(lines), "changed": len(made.doing)}
        journal.record("register_imported", contract=None, actor=actor, payload=facts)
    return made


def _take(actor: User, line: Line) -> None:
    body, post = line.body, line.post
    assert body is not None  # noqa: S101 (a line without one has an error)
    if body.existing is None:
        body.existing = acts.establish(actor, **body.facts)
    if post is None:
        return
    if post.is_new:
        office = post.office
        post.office = acts.add_office(
            actor, body.existing, title=office.title, role=office.role, administers=office.administers
        )
        post.is_new = False
    if line.invited is not None:
        invited: Any = appointments.invite(
            actor, body.existing, office=post.office, quota="imported invitation", **line.invited
        )
        assert isinstance(invited, Grant) or invited.pk  # noqa: S101 (asked for, or sent)
