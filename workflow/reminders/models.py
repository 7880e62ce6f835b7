"""What was sent to have somebody answer: by itself, when a term comes near or is over, or by a pilot."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.text import Lines


class Step(models.TextChoices):
    """Why a reminder was sent; all but BY_HAND are boundary timers of the task (BPMN 2.0, 10.5.4)."""

    BEFORE = "before", _("rappel avant l’échéance")
    AFTER = "after", _("rappel après l’échéance")
    SUBSTITUTE = "substitute", _("retard signalé à qui remplace la personne attendue")
    HEAD = "head", _("retard signalé à l’autorité de l’organisation")
    PILOTS = "pilots", _("retard signalé aux pilotes")
    BY_HAND = "by_hand", _("relance")


HIGHER = (Step.SUBSTITUTE, Step.HEAD, Step.PILOTS)  # by which a late task is brought to others, in this order


class Reminder(models.Model):
    """One reminder about one task, or a timer that struck and was passed over for a later one.

    ``term`` is the last day that it speaks of: a task that is put off is reminded of anew; ``days``, how far
    from it the timer is set. A timer strikes once: the database refuses the second row.
    """

    task = models.ForeignKey("viewflow.Task", models.CASCADE, related_name="reminders")
    term = models.DateField(_("échéance"), null=True)
    step = models.CharField(_("nature"), max_length=10, choices=Step.choices)
    days = models.PositiveSmallIntegerField(_("jours"), default=0)
    at = models.DateTimeField(_("le"), default=timezone.now)
    passed_over = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("auteur")
    )
    word = Lines(_("mot joint"), blank=True)

    class Meta:
        verbose_name = _("rappel")
        verbose_name_plural = _("rappels")
        indexes = [models.Index(fields=["task", "-at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "term", "step", "days"],
                condition=~Q(step=Step.BY_HAND),
                name="a_timer_strikes_once",
            ),
            models.CheckConstraint(name="reminder_step_known", condition=Q(step__in=Step.values)),
            models.CheckConstraint(
                name="reminder_by_somebody_or_by_itself",
                condition=Q(step=Step.BY_HAND, author__isnull=False)
                | (~Q(step=Step.BY_HAND) & Q(author=None, term__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.step} {self.days}"


class ReminderPass(models.Model):
    """The terms of one day were looked at, and what they bring was queued: once a day is enough."""

    day = models.DateField(_("jour"), primary_key=True)
    at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        verbose_name = _("passage des échéances")
        verbose_name_plural = _("passages des échéances")

    def __str__(self) -> str:
        return f"{self.day}"
