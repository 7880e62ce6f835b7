"""Lists and baskets on a filled database: pages, counts, search, and the same queries at any length."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from viewflow.workflow.models import Task

from bench.filling import FILLED, Filled, fill
from contracts.models import Contract, Status
from stakeholders.kinds import Power
from stakeholders.models import Organisation, Role, User
from stakeholders.permissions import grant, visible, withdraw
from tests.owner import as_owner
from workflow.inbox.baskets import Baskets
from workflow.standing.standings import Standings, confirmed_standing
from workflow.tasks import lists
from workflow.tasks.keyset import PAGE

pytestmark = pytest.mark.django_db
ADDRESSES = (
    "/",
    "/corbeilles/a-signer/",
    "/corbeilles/en-retard/",
    "/corbeilles/suivis/",
    "/corbeilles/termines/liste/",
    "/corbeilles/compteurs/?corbeille=a-traiter",
    "/contrats/",
    "/contrats/?q=securite",
    "/contrats/?q=introuvable",
)


def filled(contracts: int) -> Filled:
    """Two departments and sixty people; asked again with more contracts, it adds them."""
    made = fill(contracts=contracts, organisations=31, users=90)
    with as_owner(), connection.cursor() as cursor:  # as autovacuum does; the runtime role may not
        cursor.execute(f"ANALYZE {', '.join(FILLED)}")
    return made


def head(body: Organisation) -> User:
    person: User = User.objects.get(mandates__office__organisation=body, mandates__office__role=Role.HEAD)
    return person


def logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def queries(client: Client, address: str) -> int:
    """How many queries a page takes, once whatever is kept in memory is there."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_page_takes_as_many_queries_for_many_rows_as_for_few() -> None:
    few: dict[tuple[str, str], int] = {}
    for size in (10, 400):
        bodies = filled(size).bodies
        department = bodies.departments[0]
        for task in Task.objects.filter(flow_task_type="HUMAN", owner=None):  # each row names its person
            owner = User.objects.filter(mandates__office__organisation=task.owner_permission_obj_pk)[0]
            Task.objects.filter(pk=task.pk).update(owner=owner, status="ASSIGNED")
        people = {"préfet": department.prefecture, "tout": bodies.national, "bailleur": department.others[4]}
        for name, body in people.items():
            client = logged_in(head(body))
            for address in ADDRESSES:
                asked = queries(client, address)
                assert few.setdefault((name, address), asked) == asked, f"{address} as {name}, {size}"
    listing = lists.contract_listing(head(bodies.national))
    assert len(listing.page().rows) == PAGE < listing.count()
    assert max(few.values()) <= 20


def test_tasks_are_those_that_the_rules_give_to_each() -> None:
    filled(120)
    by_step: dict[str, list[Task]] = defaultdict(list)
    for task in Task.objects.filter(flow_task_type="HUMAN", status="NEW").order_by("pk"):
        by_step[task.flow_task.name].append(task)
    assert set(by_step) == {"draft", "review", "approve", "council_resolution", "sign"}
    asked = [task for tasks in by_step.values() for task in tasks[:3]]
    met = set()
    for person in User.objects.all():
        standings = Standings(person)
        theirs = {task.pk for task in asked if confirmed_standing(standings, task) is not None}
        listing = lists.task_listing(person)
        rows = [task.pk for task in listing.page(size=500).rows]
        assert set(rows) & {task.pk for task in asked} == theirs
        assert listing.count() == len(rows) == len(set(rows))
        assert [task.pk for task in lists.tasks_of(person)] == rows
        met |= theirs
    assert met == {task.pk for task in asked}, "each task waits for somebody"


def test_a_signature_waits_for_its_office_alone() -> None:
    prefecture = filled(120).bodies.departments[0].prefecture
    baskets = Baskets(head(prefecture))
    assert baskets["a-signer"].count > 0
    people = User.objects.filter(mandates__office__organisation=prefecture)
    for person in people.exclude(mandates__office__role=Role.HEAD):
        assert Baskets(person)["a-signer"].listing.page().rows == []


def test_the_most_urgent_comes_first_and_what_is_late_has_its_basket() -> None:
    landlord = head(filled(300).bodies.departments[0].others[4])
    baskets = Baskets(landlord)
    today = timezone.localdate().isoformat()
    rows = []
    page = baskets["a-traiter"].listing.page(size=3)
    rows += page.rows
    while page.after:
        page = baskets["a-traiter"].listing.page(page.after, size=3)
        rows += page.rows
    keys = [(task.data["due_on"], task.pk) for task in rows]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys)) == baskets["a-traiter"].count > 3
    late = baskets["en-retard"].listing.page(size=500).rows
    assert late
    assert all(task.data["due_on"] < today for task in late)
    assert len(late) == sum(due < today for due, _pk in keys)


def test_a_task_without_a_date_comes_last() -> None:
    person = head(filled(60).bodies.departments[0].prefecture)
    first = lists.tasks_of(person)[0]
    Task.objects.filter(pk=first.pk).update(data={})
    assert lists.tasks_of(person)[-1].pk == first.pk


def new_contract(body: Organisation, number: int) -> Contract:
    made = Contract.objects.create(
        reference=f"CSI-NEUF-{number}",
        title="Contrat neuf",
        territory="Neuville",
        communes=["Neuville"],
        period_start=dt.date(2027, 1, 1),
        period_end=dt.date(2030, 1, 1),
    )
    grant(Power.VIEW, body, made)
    return made


def test_pages_neither_repeat_nor_miss_a_row_while_rows_come() -> None:
    national = filled(35).bodies.national
    listing = lists.contract_listing(head(national))
    before = [row.pk for row in listing.page(size=100).rows]
    page = listing.page(size=10)
    seen = [row.pk for row in page.rows]
    number = 0
    while page.after:
        for _new in range(3):  # each page is turned after three contracts came
            new_contract(national, number)
            number += 1
        page = listing.page(page.after, size=10)
        seen += [row.pk for row in page.rows]
    assert number == 9
    assert seen == before
    while page.before:
        page = listing.page(page.before, size=10)
    assert page.rows == listing.page(size=10).rows, "back at the top, the new ones are there"
    assert page.rows[0].reference == "CSI-NEUF-8"


def test_a_cursor_that_is_not_ours_gives_the_first_page() -> None:
    national = filled(12).bodies.national
    client, listing = logged_in(head(national)), lists.contract_listing(head(national))
    first = listing.page(size=5)
    for cursor in ("x", f"{first.after}x", first.after[1:], "a:b"):
        assert listing.page(cursor, size=5).rows == first.rows
        assert client.get("/contrats/", {"page": cursor}).status_code == 200
    contracts = {row.pk for row in first.rows}
    second = listing.page(first.after, size=5)
    assert second.rows
    for contract in Contract.objects.exclude(pk__in=contracts):
        withdraw(Power.VIEW, national, contract)
    assert {row.pk for row in listing.page(first.after, size=5).rows} == contracts, "nothing is left there"


def test_counts_stop_at_a_thousand() -> None:
    national = filled(1010).bodies.national
    client = logged_in(head(national))
    assert lists.contract_listing(head(national)).count() == 1001
    assert "Plus de 1\u202f000 contrats" in client.get("/contrats/").content.decode()
    baskets = Baskets(head(national))
    exact = Contract.objects.filter(status__in=[Status.SIGNED, Status.EXPIRED]).count()
    assert baskets["termines"].count == exact
    for number in range(1001 - exact):
        made = new_contract(national, number)
        Contract.objects.filter(pk=made.pk).update(status=Status.EXPIRED)
    page = client.get("/corbeilles/termines/").content.decode()
    assert '<span class="n">1\u202f000+</span>' in page


SEARCHES = {
    "CSI-INVENTE-01": True,
    "csi invente 01": True,
    "csi-invente-01": True,
    "invente-01": True,
    "CSI-INVENTE-0100": False,
    "Étude": True,
    "etud": True,
    "cœur etude": True,
    "COEUR": True,
    "tude": False,
    "étude introuvable": False,
    "???": False,
    "'; DROP --": False,
    "étude " * 40: True,
    "1\0": False,
    "1" * 5000: False,
}


def test_a_search_looks_at_the_beginning_of_words_without_accents() -> None:
    person = head(filled(8).bodies.departments[0].prefecture)
    contract = Contract.objects.filter(reference__startswith="CSI-INVENTE-01").order_by("pk")[0]
    Contract.objects.filter(pk=contract.pk).update(title="L’étude d’un cœur de ville")
    client = logged_in(person)
    for sought, found in SEARCHES.items():
        rows = lists.contract_listing(person, sought=sought).page().rows
        assert (contract in rows) is found, sought
        page = client.get("/contrats/", {"q": sought}).content.decode()
        assert ("étude d’un cœur" in page) is found, sought
        assert ("Aucun contrat ne correspond" in page) is not found, sought


def test_a_reference_is_found_whole_by_its_beginning_and_beside_others() -> None:
    person = head(filled(60).bodies.national)
    references = list(Contract.objects.values_list("reference", flat=True))
    one, other = Contract.objects.order_by("pk")[:2]
    Contract.objects.filter(pk=other.pk).update(title=f"Suite du contrat {one.reference}")
    for sought in (one.reference, one.reference.lower()):
        assert {row.pk for row in lists.contract_listing(person, sought=sought).page().rows} == {
            one.pk,
            other.pk,
        }
    begun = one.reference[:-1]
    found = {row.reference for row in lists.contract_listing(person, sought=begun).page(size=100).rows}
    assert {reference for reference in references if reference.startswith(begun)} <= found


@pytest.mark.parametrize("size", [30, 2600], ids=["rare", "frequent"])
def test_a_search_finds_only_what_one_may_see(size: int) -> None:
    bodies = filled(size).bodies
    for body in (bodies.national, bodies.departments[1].prefecture, bodies.departments[1].others[4]):
        person = head(body)
        seen = set(visible(person, Contract.objects.all()).values_list("pk", flat=True))
        listing = lists.contract_listing(person, sought="csi")
        assert {row.pk for row in listing.page(size=3000).rows} == seen
        assert listing.count() == min(len(seen), 1001)
        assert 0 < len(seen) <= size


@pytest.fixture(autouse=True)
def _known_content_types(db: None) -> Iterator[None]:
    """A content type is read once a process; what is counted here must not depend on who read it first."""
    ContentType.objects.get_for_models(Organisation, Contract)
    yield
