"""A row of the inbox is rendered once for what it says: whatever of it changes, the next page says it."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in
from workflow.engine.tasks import Task


def row(browser: Client, task: Task) -> str:
    """Return the row of a task, as the page shows it."""
    page = browser.get(reverse("inbox")).content.decode()
    _before, found, after = page.partition(f'data-row="task-{task.pk}"')
    assert found, "the task is on the page"
    return after.partition("</li>")[0]


def test_a_row_says_what_its_task_and_its_contract_say_now(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    task = plot.task(contract, "draft", cast.organisation("org-ville"))
    browser = logged_in(cast.pilote_ville)
    first = row(browser, task)
    assert contract.title in first and contract.reference in first
    assert first == row(browser, task)

    renamed = {"title": "Contrat <nouveau> & autre", "reference": "CSI-61-2026-NEUF"}
    Contract.objects.filter(pk=contract.pk).update(**renamed)
    told = row(browser, task)
    assert "Contrat &lt;nouveau&gt; &amp; autre" in told and "CSI-61-2026-NEUF" in told

    Task.objects.filter(pk=task.pk).update(data={**(task.data or {}), "due_on": "2031-05-01"})
    assert "1er\xa0mai 2031" in row(browser, task)

    Task.objects.filter(pk=task.pk).update(owner=cast.dgs)
    assert f"{cast.dgs} s’en occupe" in row(browser, task)
    cast.dgs.last_name = "Nouvelle-Venue"
    cast.dgs.save()
    assert "Nouvelle-Venue" in row(browser, task)

    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Ouvrir" not in row(browser, task)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert "Ouvrir" in row(browser, task)
