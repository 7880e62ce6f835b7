"""A second procedure, for the tests alone: two human steps, one of the system, under other names.

The city writes and freezes, the organisations that are consulted answer; a version taken back, or
an opinion that asks for changes, goes back to the first step. Nobody approves, nobody signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.http import HttpResponse
from viewflow import this

from contracts.models import Part, Status
from stakeholders.kinds import ContractKind, Power
from stakeholders.models import Organisation
from workflow.drafting import jobs as drafting_jobs
from workflow.drafting import task_views
from workflow.engine import jobs as engine_jobs
from workflow.engine import purposes
from workflow.engine.looks import DONE
from workflow.engine.nodes import Each, End, If, Job, Join, OrganisationTask, StartHandle
from workflow.engine.procedure import Procedure
from workflow.engine.timeline import Lane, Milestone, Phase, Progress
from workflow.opinions import rules
from workflow.opinions import views as opinions_views
from workflow.procedures.registry import PROCEDURES
from workflow.standing import parties
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request

KIND = ContractKind.OTHER
CITY, OTHERS = Lane("La commune"), Lane("Les autres")


def once_frozen(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Done when a version is there."""
    if progress.version and not progress.is_redrafting:
        milestone.look = DONE
    yield milestone


def whatever(milestone: Milestone, _progress: Progress) -> Iterator[Milestone]:
    """Under way or not: nothing more to tell."""
    yield milestone


WRITING = Phase("writing", "Écriture", once_frozen, "La commune")
HEARING = Phase("hearing", "Consultation", whatever, "Les autres")


def hear_page(request: Request, met: OpenTask) -> HttpResponse:
    """The page of an opinion, and a mark by which the test knows that this step chose it."""
    answer = opinions_views.review(request, met)
    answer["X-Step"] = met.task.flow_task.name
    return answer


class TinyFlow(Procedure):
    """Write, hear, end."""

    process_title = "Accord de voisinage"
    lanes = (CITY, OTHERS)
    phases = (WRITING, HEARING)

    start = StartHandle("Ouverture", this.open, lane=CITY).Next(this.compose)
    compose = OrganisationTask(
        "Écrire l’accord",
        Power.DRAFT,
        lane=CITY,
        page=partial(task_views.freeze, asked=rules.would_be_asked),
        days=3,
        stage=Status.DRAFTING,
        phase=WRITING,
        purpose=purposes.FREEZE,
        organisation=this.city,
    ).Next(this.typeset)
    typeset = Job(
        "Imprimer l’accord",
        this.queue_print,
        lane=CITY,
        stage=Status.IN_REVIEW,
        phase=HEARING,
        purpose=purposes.PRINT,
        recallable=True,
    ).Next(this.hearing)
    hearing = Each("Consulter", lane=OTHERS).Each(this.hear, this.reviewers)
    hear = OrganisationTask(
        "Répondre à la commune",
        Power.REVIEW,
        lane=OTHERS,
        page=hear_page,
        days=7,
        stage=Status.IN_REVIEW,
        phase=HEARING,
        purpose=purposes.REVIEW,
        recallable=True,
    ).Next(this.heard)
    heard = Join("Réponses reçues", continue_on_condition=this.is_recalled, lane=OTHERS).Next(this.outcome)
    outcome = If("À réécrire ?", this.is_to_be_written_again, lane=OTHERS).Then(this.compose).Else(this.over)
    over = End("Accord trouvé", lane=CITY)

    def city(self, activation: Any) -> Organisation:
        return parties.pilot(activation.process.contract, Part.CITY_PILOT)

    def reviewers(self, activation: Any) -> list[Organisation]:
        rows = activation.process.contract.participations.filter(part=Part.REVIEWER)
        return [row.organisation for row in rows.select_related("organisation__group")]

    def queue_print(self, activation: Any) -> None:
        engine_jobs.defer(drafting_jobs.render_version, activation.task)

    def is_recalled(self, activation: Any, _active: Any) -> bool:
        return self.version(activation).recalls.exists()

    def is_to_be_written_again(self, activation: Any) -> bool:
        return rules.changes_are_asked(self.version(activation))


class TestsOfProcedures(AppConfig):
    """The application under which the database stores the steps above."""

    name = __package__
    label = "second_procedure"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> type[Procedure]:
    """Register the tiny procedure for the contracts of another kind, for one test."""
    config = TestsOfProcedures(TestsOfProcedures.name, import_module(TestsOfProcedures.name))
    config.apps, config.models = apps, {}
    monkeypatch.setitem(apps.app_configs, config.label, config)
    monkeypatch.setitem(PROCEDURES, KIND, TinyFlow)
    return TinyFlow
