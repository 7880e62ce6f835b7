"""An import confirmed: by the acts of the pages, forty lines at a time.

Whoever writes the journal meanwhile waits for the transaction under way; three hundred lines in one
would stop the platform for seconds. What was taken is recognised, so a file that stopped on its
way is sent again as it is.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from stakeholders.models import User
from workflow.platform import acts
from workflow.platform.plan import Line, Plan, plan
from workflow.powers import appointments
from workflow.record import journal
from workflow.record.refusals import Invalid, NotAllowed

AT_ONCE = 40  # lines
_LOCK = 0x494D504F  # two imports at once take turns


def take(actor: User, lines: list[tuple[int, dict[str, str]]], *, sha256: str) -> Plan:
    """Do what the file says as it stands now; return what was to be done.

    ``sha256`` is that of the file, which the journal keeps. Each organisation, office and invitation
    is journaled as by its page; a power is only asked for. Raises ActRefused: for a line that is wrong,
    before anything is done; for too many mails, once what came before is.
    """
    if not actor.acts_for_platform:
        raise NotAllowed
    whole = plan(lines, actor)
    _refuse_wrong(whole)
    for start in range(0, len(lines) if whole.doing else 0, AT_ONCE):
        _take_some(actor, lines[start : start + AT_ONCE], sha256)
    return whole


@transaction.atomic
def _take_some(actor: User, lines: list[tuple[int, dict[str, str]]], sha256: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    made = plan(lines, actor)  # as it stands now: somebody else may import as well
    _refuse_wrong(made)
    for line in made.doing:
        _take(actor, line)
    if made.doing:
        facts = {"sha256": sha256, "from_line": lines[0][0], "changed": len(made.doing)}
        journal.record("register_imported", contract=None, actor=actor, payload=facts)


def _refuse_wrong(made: Plan) -> None:
    if made.wrong:
        raise Invalid(_("Ce fichier ne peut plus être pris tel quel : relisez ses erreurs."))


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
        appointments.invite(
            actor, body.existing, office=post.office, quota="imported invitation", **line.invited
        )
