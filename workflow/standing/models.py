"""What changes who may do a task: a task passed on, a day whose changes were followed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Task

from stakeholders.models import Mandate
from stakeholders.text import Lines
from workflow.engine.models import says_why

TRANSFER_OWES_WHY = _("Dites pourquoi vous confiez cette tâche.")


class Transfer(models.Model):
    """A task passed on to a colleague, with a reason; whoever gave it may still do it."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="transfers")
    giver = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("confiée par"))
    receiver = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("confiée à"))
    reason = Lines(_("motif"))
    at = models.DateTimeField(_("le"), auto_now_add=True)
    ended_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    class Meta:
        verbose_name = _("tâche confiée")
        verbose_name_plural = _("tâches confiées")
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(ended_at__isnull=True),
                name="one_receiver_a_task",
                violation_error_message=_("Cette tâche est déjà confiée à quelqu’un : reprenez-la d’abord."),
            ),
            says_why("transfer_says_why", TRANSFER_OWES_WHY),
        ]
        indexes = [
            models.Index(fields=["receiver"], condition=Q(ended_at__isnull=True), name="live_transfers")
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.giver.person}, {self.receiver.person}"


class DailyPass(models.Model):
    """A day whose changes of standing were followed (:mod:`workflow.standing.handover`)."""

    day = models.DateField(_("jour"), unique=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("passage du jour")
        verbose_name_plural = _("passages du jour")

    def __str__(self) -> str:
        return self.day.isoformat()
