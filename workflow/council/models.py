"""The resolution of the municipal council."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stakeholders.days import Day
from stakeholders.models import Organisation
from stakeholders.text import Line, Lines
from workflow.engine.models import Act, says_why

NUMBER_IS_OWED = _("Donnez le numéro de la délibération.")
SENT_BACK_OWES_WHY = _(
    "Dites pourquoi le conseil a rejeté le texte, ou quelles modifications il a votées : "
    "les pilotes les liront."
)

CORRECTION_OWES_WHY = _("Dites ce qui était faux : le journal garde les deux saisies et ce motif.")


class Outcome(models.TextChoices):
    """What a council did of the text that was put to it."""

    ADOPTED = "adopted", _("adoptée")
    AMENDED = "amended", _("adoptée avec modifications")
    ADJOURNED = "adjourned", _("ajournée")
    REJECTED = "rejected", _("rejetée")


# These send the text back to the pilots: the mayor may not sign what the council did not vote.
SENDING_BACK = frozenset({Outcome.AMENDED, Outcome.REJECTED})

# The days that are known after the vote, in the order of the law.
STAGES = ("published_on", "transmitted_on", "received_on")

# By these the council has spoken of the text; an adjournment only puts it off.
SETTLED = SENDING_BACK | {Outcome.ADOPTED}


class CouncilResolution(Act):
    """The resolution of the municipal council on a version (CGCT L2121-20, L2121-29, L2131-1).

    Recorded as it comes: the vote makes the row; ``published_on``, ``transmitted_on`` and ``received_on``
    are filled in later, once each, and those three days make an adopted resolution enforceable.
    An adjournment is a row of its own, as often as it happens. What was typed wrongly is not rewritten: as
    long as nothing follows from it, another row corrects it (``corrects``, ``why_corrected``), and the first
    says since when it no longer counts (``corrected_at``).
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation du conseil")
    )
    number = Line(_("numéro de la délibération"), max_length=60, blank=True)
    session_on = Day(_("séance du"))
    outcome = models.CharField(_("décision du conseil"), max_length=12, choices=Outcome.choices)
    votes_for = models.PositiveSmallIntegerField(_("voix pour"))
    votes_against = models.PositiveSmallIntegerField(_("voix contre"), default=0)
    abstentions = models.PositiveSmallIntegerField(_("abstentions"), default=0)
    not_voting = models.PositiveSmallIntegerField(_("ne prennent pas part au vote"), default=0)
    published_on = Day(_("publiée le"), null=True, blank=True)
    transmitted_on = Day(_("transmise le"), null=True, blank=True)
    received_on = Day(_("accusé de réception du"), null=True, blank=True)

    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="correction", verbose_name=_("corrige")
    )
    why_corrected = Lines(_("motif de la correction"), blank=True)
    corrected_at = models.DateTimeField(_("corrigée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("délibération")
        verbose_name_plural = _("délibérations")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"],
                condition=~Q(outcome=Outcome.ADJOURNED) & Q(corrected_at=None),
                name="one_resolution_a_version_and_council",
            ),
            models.CheckConstraint(
                name="correction_says_why",
                condition=Q(corrects=None) | ~Q(why_corrected=""),
                violation_error_message=CORRECTION_OWES_WHY,
            ),
            models.CheckConstraint(name="resolution_outcome_known", condition=Q(outcome__in=Outcome.values)),
            models.CheckConstraint(
                name="resolution_has_its_number",
                condition=Q(outcome=Outcome.ADJOURNED) | ~Q(number=""),
                violation_error_message=NUMBER_IS_OWED,
            ),
            models.CheckConstraint(
                name="stages_of_a_resolution_in_order",
                # a comparison with NULL is neither true nor false, and a check lets it pass
                condition=Q(outcome=Outcome.REJECTED)
                | Q(published_on__gte=F("session_on"))
                & Q(transmitted_on__gte=F("session_on"))
                & Q(received_on__gte=F("transmitted_on"))
                & (Q(received_on=None) | Q(transmitted_on__isnull=False)),
                violation_error_message=_(
                    "Une délibération est votée, puis publiée et transmise à la préfecture, qui en accuse "
                    "réception : ces dates se suivent dans cet ordre."
                ),
            ),
            says_why(
                "resolution_sent_back_says_why",
                SENT_BACK_OWES_WHY,
                unless=~Q(outcome__in=sorted(SENDING_BACK)),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_adopted(self) -> bool:
        """Whether the council voted this very text."""
        return self.outcome == Outcome.ADOPTED

    @property
    def sends_back(self) -> bool:
        """Whether the text goes back to the pilots."""
        return self.outcome in SENDING_BACK

    @property
    def is_enforceable(self) -> bool:
        """Whether it unlocks the mayor's signature."""
        return self.enforceable_on is not None

    @property
    def enforceable_on(self) -> dt.date | None:
        """The day from which it may be carried out (CGCT, art. L. 2131-1); None before, or if not adopted."""
        if not (self.is_adopted and self.published_on and self.transmitted_on and self.received_on):
            return None
        return max(self.published_on, self.received_on)

    @property
    def state(self) -> str:
        """Name what is recorded now: its row never changes, but for stages that are filled in once each."""
        return f"{self.pk}-{len(self.missing)}"

    @property
    def missing(self) -> list[str]:
        """Return which of the days of ``STAGES`` are not known yet, in the order of the law."""
        return [name for name in STAGES if getattr(self, name) is None]
