"""Two tabs, two links, a code and a removal at the same moment: one account, one mandate, no way back in."""

from __future__ import annotations

from functools import partial

import pytest

from stakeholders.models import Mandate, Office, User
from tests.cast import Cast
from tests.invited import LINA, asked, code_for
from tests.workflow.test_races import at_once
from workflow import actions, guests, journal
from workflow.models import Contact, JournalEntry

pytestmark = pytest.mark.race
TIMES = 8


def test_two_tabs_with_one_code_make_one_account_and_one_mandate(cast: Cast) -> None:
    for turn in range(TIMES):
        address = f"lina{turn}@orme-habitat.example"
        quality = f"Directrice {turn}"
        _contract, link = asked(cast, f"RACE-GUEST-{turn}", email=address, quality=quality)
        code = code_for(link)
        ended = at_once(*[partial(actions.enter, link.identifier, code)] * 4)
        assert sorted(ended) == ["Invalid", "Invalid", "Invalid", "done"]
        assert User.objects.filter(email=address).count() == 1
        assert Mandate.objects.filter(person__email=address).count() == 1
    assert JournalEntry.objects.filter(verb="guest_entered").count() == TIMES
    assert journal.first_break() is None


def test_two_links_of_one_address_make_one_account_and_a_mandate_each(cast: Cast) -> None:
    for turn in range(TIMES):
        address = f"lina{turn}@orme-habitat.example"
        quality = f"Directrice {turn}"
        links = [asked(cast, f"RACE-GUEST-{turn}-{n}", email=address, quality=quality)[1] for n in range(2)]
        codes = [code_for(link) for link in links]
        acts = [
            partial(actions.enter, link.identifier, code) for link, code in zip(links, codes, strict=True)
        ]
        assert at_once(*acts) == ["done", "done"]
        person = User.objects.get(email=address)
        limits = {mandate.limited_to for mandate in person.mandates.all()}
        assert limits == {link.contact.contract for link in links}
        assert Office.objects.filter(title__startswith=quality).count() == 1


def test_a_code_and_a_removal_leave_nobody_inside(cast: Cast) -> None:
    for turn in range(TIMES):
        contract, link = asked(cast, f"RACE-GUEST-{turn}")
        code = code_for(link)
        mandate = guests.naming(cast.pilote_ville, contract)[cast.organisation("org-oh")]
        ended = at_once(
            partial(actions.enter, link.identifier, code),
            partial(actions.remove_contact, cast.pilote_ville, link.contact_id, mandate=mandate),
        )
        assert ended[1] == "done"
        assert ended[0] in {"done", "Locked"}
        assert not Contact.objects.kept().filter(pk=link.contact_id).exists()
        assert not Mandate.objects.in_force().filter(person__email=LINA).exists()
