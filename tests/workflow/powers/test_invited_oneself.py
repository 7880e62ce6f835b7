"""Nobody takes up an office that they offered or confirmed themselves, whatever their address is by then."""

from __future__ import annotations

import pytest
from django.utils import timezone

from stakeholders.account_actions import change_address
from stakeholders.invitations import Invitation
from stakeholders.models import Grant, Mandate, Role, User
from tests.cast import Cast
from tests.granted import asked, confirmed
from workflow.powers import appointments
from workflow.record.refusals import Locked

ADDRESS = "autre.boite@ailleurs.example"


@pytest.mark.parametrize("who", ["asker", "confirmer"])
def test_who_offered_an_office_or_confirmed_it_does_not_take_it(cast: Cast, who: str) -> None:
    town = cast.organisation("org-ville")
    office = town.offices.create(title="Second adjoint", role=Role.DELEGATE, administers=True)
    made = appointments.invite(
        cast.admin,
        town,
        office=office,
        act="A 1",
        email=ADDRESS,
        civility="",
        first_name="Nadia",
        last_name="Nouvelle",
        starts_on=timezone.localdate(),
        ends_on=None,
    )
    assert isinstance(made, Grant)
    confirmed(asked(made), cast.maire)
    invitation = Invitation.objects.get(office=office)
    taker: User = cast.admin if who == "asker" else cast.maire
    change_address(taker, ADDRESS, actor=cast.admin)
    with pytest.raises(Locked):
        appointments.accept_invitation(invitation.pk, person=taker)
    assert not Mandate.objects.filter(office=office).exists()
