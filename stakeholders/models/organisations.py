"""Organisations, their offices, and the mandates by which people hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.contrib.auth.models import Group
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from stakeholders.days import Day
from stakeholders.kinds import KINDS, Power, Side
from stakeholders.models import described
from stakeholders.models.people import User
from stakeholders.proofs import Proof, proof_by_default
from stakeholders.text import Line, Lines, MailDomain


class Organisation(described.Described):
    """A body that takes part in contracts; the guardian rows hang on its group."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = Line(_("nom"), max_length=200)
    short_name = Line(_("nom court"), max_length=80)
    kind = models.CharField(
        _("nature"), max_length=30, choices=[(kind.code, kind.label) for kind in KINDS.values()]
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("rattachée à")
    )
    territory = Line(_("territoire"), max_length=120, blank=True)
    email_domain = MailDomain(_("domaine de messagerie"), max_length=120, blank=True)
    signing_proof = models.CharField(
        _("preuve demandée pour signer"),
        max_length=10,
        choices=Proof.choices,
        default=proof_by_default,
        help_text=_("Un moyen plus fort est toujours accepté."),
    )
    group = models.OneToOneField(
        Group, models.PROTECT, related_name="organisation", verbose_name=_("groupe"), editable=False
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        permissions = [
            (Power.OPEN.value, "Open a contract for the organisation"),
            (Power.DRAFT.value, "Draft on behalf of the organisation"),
            (Power.REVIEW.value, "Give the opinion of the organisation"),
            (Power.APPROVE.value, "Approve on behalf of the organisation"),
            (Power.RECORD_RESOLUTION.value, "Record a resolution of the organisation's council"),
            (Power.SIGN.value, "Sign on behalf of the organisation"),
        ]
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_known",
                condition=Q(kind__in=list(KINDS)),
                violation_error_message=_("Cette nature d’organisation n’existe pas."),
            ),
            models.CheckConstraint(
                name="organisation_signing_proof_known",
                condition=Q(signing_proof__in=Proof.values),
                violation_error_message=_("Cette preuve n’existe pas."),
            ),
            # longer circles are refused by a trigger (migration 0019)
            models.CheckConstraint(
                name="organisation_is_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                violation_error_message=_("Une organisation n’est pas rattachée à elle-même."),
            ),
            *described.CONSTRAINTS,
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def side(self) -> Side:
        """The side on which an organisation of this kind sits."""
        return KINDS[self.kind].side

    @property
    def is_independent(self) -> bool:
        """Whether the State's pilot can neither assign it anything nor edit what it leads."""
        return KINDS[self.kind].independent

    @property
    def powers(self) -> frozenset[Power]:
        """What an organisation of this kind may do at all."""
        return KINDS[self.kind].powers


class GroupPermissionRow(GroupObjectPermissionBase):
    """What a room inherits to keep guardian's rows about its own objects beside them.

    guardian finds the table by its ``content_object`` foreign key; a real one, so that a
    row is never orphaned, where the generic table keeps the rows of what is gone.
    """

    class Meta:
        abstract = True
        unique_together = (("group", "permission", "content_object"),)


class OrganisationGroupPermission(GroupPermissionRow):
    """guardian's rows about organisations, with a real foreign key so that none is orphaned."""

    content_object = models.ForeignKey(Organisation, on_delete=models.CASCADE)


class Role(models.TextChoices):
    """What an office does in the life of a contract."""

    HEAD = "head", _("Autorité")
    DELEGATE = "delegate", _("Adjoint ou délégué")
    PILOT = "pilot", _("Pilote de la rédaction")
    VALIDATOR = "validator", _("Validation administrative")
    REVIEWER = "reviewer", _("Avis")
    CLERK = "clerk", _("Service des assemblées")
    LEGALITY = "legality", _("Contrôle de légalité")
    CONTRIBUTOR = "contributor", _("Contribution")


ROLE_POWERS: dict[str, frozenset[Power]] = {
    Role.HEAD: frozenset({Power.VIEW, Power.REVIEW, Power.APPROVE, Power.SIGN}),
    Role.DELEGATE: frozenset({Power.VIEW, Power.REVIEW, Power.APPROVE}),
    Role.PILOT: frozenset({Power.VIEW, Power.DRAFT, Power.OPEN}),
    Role.VALIDATOR: frozenset({Power.VIEW, Power.APPROVE}),
    Role.REVIEWER: frozenset({Power.VIEW, Power.REVIEW}),
    Role.CLERK: frozenset({Power.VIEW, Power.RECORD_RESOLUTION}),
    Role.LEGALITY: frozenset({Power.VIEW}),
    Role.CONTRIBUTOR: frozenset({Power.VIEW}),
}


class Office(models.Model):
    """A post of an organisation; it outlives the people who hold it."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="offices", verbose_name=_("organisation")
    )
    title = Line(_("intitulé"), max_length=200)
    role = models.CharField(_("rôle"), max_length=20, choices=Role.choices)
    administers = models.BooleanField(
        _("administre l’organisation"),
        default=False,
        help_text=_("Tient les fonctions, les mandats et les absences de son organisation."),
    )

    class Meta:
        verbose_name = _("fonction")
        verbose_name_plural = _("fonctions")
        ordering = ["organisation", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "title"],
                name="one_office_a_title",
                violation_error_message=_("Cette fonction existe déjà dans l’organisation."),
            ),
            models.CheckConstraint(
                name="office_role_known",
                condition=Q(role__in=[value for value, _label in Role.choices]),
                violation_error_message=_("Ce rôle n’existe pas."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.organisation.short_name}"

    @property
    def powers(self) -> frozenset[Power]:
        """What the office may do: its role's powers that its organisation's kind has too."""
        return (ROLE_POWERS[self.role] & self.organisation.powers) | {Power.VIEW}

    def holder(self, on: dt.date | None = None) -> User | None:
        """Who holds the office on that day (today if not given), if anybody with an open account does.

        A guest's mandate, limited to one object, does not make its person the holder. Raises
        Mandate.MultipleObjectsReturned where the database would let several hold it: nobody is chosen.
        """
        held = self.mandates.in_force(on).filter(limited_type=None).select_related("person")
        try:
            person = held.get().person
        except Mandate.DoesNotExist:
            return None
        return person if person.is_active else None


def only(field: str) -> Func:
    """Return the range that holds one number: ranges are compared without the extension btree_gist.

    The embedded PostgreSQL comes without it.
    """
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


ENDS_BEFORE_IT_STARTS = _("La fin du mandat précède son début.")
_HELD = _("Cette fonction a déjà un titulaire : mettez d’abord fin à son mandat.")


def days_of_it() -> Func:
    """Return the range of a row's days, both included; it fails where they are in the wrong order."""
    return Func("starts_on", "ends_on", Value("[]"), function="daterange", output_field=DateRangeField())


class MandateQuerySet(models.QuerySet["Mandate"]):
    """Mandates, by the day one asks about."""

    def in_force(self, on: dt.date | None = None) -> MandateQuerySet:
        """Those that run on that day, first and last days included (today if not given).

        A withdrawn one is in force on no day: the right must end at once, not tonight.
        """
        day = on or timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day, withdrawn_at__isnull=True
        )


class Mandate(models.Model):
    """A person holds an office from a day to a day, both included; open while ``ends_on`` is empty.

    A mandate ``limited_to`` one object (a guest's, to one contract) gives no right on any other.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="mandates", verbose_name=_("personne"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="mandates", verbose_name=_("fonction"))
    starts_on = Day(_("du"))
    ends_on = Day(_("au"), null=True, blank=True)
    act = Line(_("acte de nomination"), max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True, editable=False)
    may_sign_from = models.DateTimeField(_("peut signer à compter du"), null=True, blank=True, editable=False)
    handover = Lines(
        _("note de passation"),
        blank=True,
        max_length=4000,
        help_text=_("Ce que le prochain titulaire doit savoir des affaires en cours."),
    )
    limited_type = models.ForeignKey(
        ContentType, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    limited_id = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    limited_to = GenericForeignKey("limited_type", "limited_id")  # only this object, or any

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("mandat")
        verbose_name_plural = _("mandats")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                name="mandate_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=ENDS_BEFORE_IT_STARTS,
            ),
            models.CheckConstraint(
                name="mandate_limit_whole",
                condition=Q(limited_type__isnull=True, limited_id__isnull=True)
                | Q(limited_type__isnull=False, limited_id__isnull=False),
            ),
            ExclusionConstraint(
                name="one_holder_an_office_and_day",
                expressions=[
                    (only("office"), RangeOperators.OVERLAPS),
                    (days_of_it(), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at__isnull=True, limited_type__isnull=True),
                violation_error_message=_HELD,
            ),
            # a guest's office is theirs alone for as many contracts as they answer
            ExclusionConstraint(
                name="one_guest_an_office_object_and_day",
                expressions=[
                    (only("office"), RangeOperators.OVERLAPS),
                    (only("limited_type"), RangeOperators.OVERLAPS),
                    (only("limited_id"), RangeOperators.OVERLAPS),
                    (days_of_it(), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at__isnull=True, limited_type__isnull=False),
                violation_error_message=_HELD,
            ),
        ]
        indexes = [models.Index(fields=["person", "starts_on", "ends_on"])]

    def __str__(self) -> str:
        return f"{self.person}, {self.office}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Refuse days in the wrong order first: no range of days can be made of them to compare."""
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": ENDS_BEFORE_IT_STARTS})
        # no form shows them, and the constraints on the days need them
        super().validate_constraints(set(exclude or ()) - {"limited_type", "limited_id", "withdrawn_at"})

    def runs_on(self, day: dt.date) -> bool:
        """Tell whether it is in force that day, without asking the database; as ``in_force`` does."""
        ended = self.ends_on is not None and self.ends_on < day
        return self.withdrawn_at is None and self.starts_on <= day and not ended

    def is_settled(self, now: dt.datetime) -> bool:
        """Whether the cool-down that began when it was given is over, if there was one."""
        return self.may_sign_from is None or self.may_sign_from <= now

    @property
    def is_over(self) -> bool:
        """Whether it gives no right any more, and never will again."""
        return self.withdrawn_at is not None or (
            self.ends_on is not None and self.ends_on < timezone.localdate()
        )

    @property
    def quality(self) -> str:
        """As what the person acts, in one line: « Préfète de l’Orme, Préfecture »."""
        return str(self.office)

    def covers(self, subject: models.Model | None) -> bool:
        """Whether the mandate counts for acts about this object: an unlimited one does for all."""
        if self.limited_type_id is None:
            return True
        if subject is None or subject.pk != self.limited_id:
            return False
        return ContentType.objects.get_for_model(subject).pk == self.limited_type_id
