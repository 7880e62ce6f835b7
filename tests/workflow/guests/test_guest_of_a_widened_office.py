"""A guest gives an opinion and nothing more, whatever their office becomes."""

from __future__ import annotations

from contracts.models import Signatory
from stakeholders.authority import NoBasis
from stakeholders.models import Grant, Role, User
from tests.cast import Cast
from tests.granted import asked, confirmed
from tests.invited import LINA, kept_asked
from tests.invited import confirmed as entered
from workflow.platform import corrections
from workflow.powers import pending
from workflow.standing.standings import Standings


def test_a_guest_signs_nothing_once_their_office_heads_the_organisation(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    entered(link)
    guest = User.objects.get(email=LINA)
    mandate = guest.mandates.get()
    assert mandate.limited_to == contract
    wanted = corrections.change_office(
        cast.admin, mandate.office, title=mandate.office.title, role=Role.HEAD, administers=False
    )
    assert isinstance(wanted, Grant)
    assert pending.holders(wanted) == [], "who confirms is told of no holder"
    confirmed(asked(wanted), cast.bailleur_oh)
    place = Signatory.objects.create(
        contract=contract, order=3, office=mandate.office, capacity="Directrice", kind="adhering_partner"
    )
    guest.only_mandates = frozenset({mandate.pk})  # a session that a mailed code opened
    assert isinstance(Standings(guest).basis(place), NoBasis)
