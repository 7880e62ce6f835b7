"""Two tabs, two links, a code and a removal at the same moment: one account, one mandate, no way back in."""

from __future__ import annotations

from functools import partial

import pytest

from stakeholders.models import Mandate, Office, User
from tests.cast import Cast
from tests.invited import LINA, asked, code_for, kept_asked
from tests.snapshots import again
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.guests import acts as guests_acts
from workflow.guests import contacts as guests_contacts
from workflow.guests import links as guests_links
from workflow.guests.models import Contact
from workflow.record import journal
from workflow.record.models import JournalEntry

pytestmark = pytest.mark.race


def test_two_tabs_with_one_code_make_one_account_and_one_mandate(cast: Cast) -> None:
    _contract, link = asked(cast, email=LINA)
    code = code_for(link)
    for _turn in again(TIMES):
        ended = at_once(*[partial(guests_acts.enter, link.identifier, code)] * 4)
        assert sorted(ended) == ["Invalid", "Invalid", "Invalid", "done"]
        assert User.objects.filter(email=LINA).count() == 1
        assert Mandate.objects.filter(person__email=LINA).count() == 1
        assert JournalEntry.objects.filter(verb="guest_entered").count() == 1
        assert journal.first_break() is None


def test_two_links_of_one_address_make_one_account_and_a_mandate_each(cast: Cast) -> None:
    links = [asked(cast, f"RACE-GUEST-{n}", email=LINA, quality="Directrice de passage")[1] for n in range(2)]
    acts = [partial(guests_acts.enter, link.identifier, code_for(link)) for link in links]
    for _turn in again(TIMES):
        assert at_once(*acts) == ["done", "done"]
        person = User.objects.get(email=LINA)
        limits = {mandate.limited_to for mandate in person.mandates.all()}
        assert limits == {link.contact.contract for link in links}
        assert Office.objects.filter(title__startswith="Directrice de passage").count() == 1


def test_a_code_and_a_removal_leave_nobody_inside(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    code = code_for(link)
    mandate = guests_links.naming(cast.pilote_ville, contract)[cast.organisation("org-oh")]
    for _turn in again(TIMES):
        ended = at_once(
            partial(guests_acts.enter, link.identifier, code),
            partial(guests_contacts.remove_contact, cast.pilote_ville, link.contact_id, mandate=mandate),
        )
        assert ended[1] == "done"
        assert ended[0] in {"done", "Locked"}
        assert not Contact.objects.kept().filter(pk=link.contact_id).exists()
        assert not Mandate.objects.in_force().filter(person__email=LINA).exists()
