"""A publisher whose redirection leads nowhere: the list waits, the others and the levels go on."""

from __future__ import annotations

import pytest

from signatures import jobs
from signatures.lists import fetching
from signatures.lists.refusals import ListRefused
from tests.signatures.lists.test_fetching import NOBODY, Publisher, outcomes, publisher  # noqa: F401


@pytest.mark.parametrize(
    "location", ["https://[", "https://localhost:99999999/", "\t//\x7f", "/%zz\\", "", "a:b", "https://xn--"]
)
def test_a_redirection_that_is_no_address_is_refused(publisher: Publisher, location: str) -> None:  # noqa: F811
    publisher.elsewhere["/moved"] = location
    with pytest.raises(ListRefused):
        fetching.fetched(f"{publisher.url}/moved")


def test_a_redirection_to_nowhere_said_is_refused(publisher: Publisher) -> None:  # noqa: F811
    publisher.elsewhere["/moved"] = None
    with pytest.raises(ListRefused, match="unreachable"):
        fetching.fetched(f"{publisher.url}/moved")


def test_the_national_list_is_fetched_though_that_of_the_lists_leads_nowhere(publisher: Publisher) -> None:  # noqa: F811
    jobs.refresh_lists.func(NOBODY)
    publisher.elsewhere["/eu-lotl.xml"] = "https://["
    jobs.refresh_lists.func(NOBODY)
    assert outcomes()["EU"] == ("refused", "unreachable")
