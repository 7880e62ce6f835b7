"""An office that is widened gives its power too to who holds it from tomorrow: no sooner than the others."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from stakeholders.actions import appoint
from stakeholders.models import Grant, Role
from tests.cast import Cast
from tests.granted import asked, confirmed
from workflow.platform import corrections

DAY = dt.timedelta(days=1)


def test_who_comes_tomorrow_waits_as_who_holds_it_today(cast: Cast) -> None:
    town, today = cast.organisation("org-ville"), timezone.localdate()
    office = town.offices.create(title="Chargé de mission", role=Role.CONTRIBUTOR)
    now = appoint(cast.greffe, office, starts_on=today, ends_on=today, actor=cast.dgs)
    later = appoint(cast.adjointe, office, starts_on=today + DAY, actor=cast.dgs)
    wanted = corrections.change_office(
        cast.admin, office, title=office.title, role=Role.HEAD, administers=False
    )
    assert isinstance(wanted, Grant)
    grant = confirmed(asked(wanted), cast.maire)
    assert grant.may_act_from is not None
    now.refresh_from_db()
    later.refresh_from_db()
    assert now.may_sign_from == grant.may_act_from
    tomorrow = timezone.now() + DAY
    assert settings.NEW_POWER_COOLDOWN > DAY
    assert not later.is_settled(tomorrow), "nobody signs by a new power for two days"
