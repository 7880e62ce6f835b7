"""Users, organisations, offices and the mandates that join them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager, Group
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from stakeholders.kinds import KINDS, Power, Side
from stakeholders.proofs import Proof, proof_by_default
from stakeholders.text import Line, Lines, MailAddress, MailDomain, PersonName


class UndeletableError(models.ProtectedError):
    """Somebody tried to delete a row that legal acts name; it can only be deactivated."""


class UserQuerySet(models.QuerySet["User"]):
    """Accounts; a deletion is refused for many as it is for one."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: raises UndeletableError."""
        raise UndeletableError(str(_("Un compte ne se supprime pas : désactivez-le.")), set(self))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes accounts from an address, which is the only login there is."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Keep addresses in lower case, as the login looks them up; also called by the forms."""
        return (email or "").lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an active account; ``email`` is compared without regard to case."""
        user: User = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a platform administrator, who manages accounts and sees no contract."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find an account by address, whatever the case."""
        found: User = self.get(email__iexact=username)
        return found


def _verbose(name: str) -> Any:
    """Return what Django calls a field of an account."""
    return getattr(AbstractUser._meta.get_field(name), "verbose_name", name)


class User(AbstractUser):
    """A person. What they may do comes from their mandates, never from the account."""

    username = None  # type: ignore[assignment]
    first_name = PersonName(_verbose("first_name"), max_length=150, blank=True)
    last_name = PersonName(_verbose("last_name"), max_length=150, blank=True)
    civility = PersonName(_("civilité"), max_length=10, blank=True)
    email = MailAddress(_("adresse électronique"))
    # counts the changes of credentials: a session of an earlier one is worth nothing
    credential_epoch = models.PositiveIntegerField(default=0, editable=False)
    # until when the mailbox of an address that somebody else gave proves nothing
    mailbox_held_until = models.DateTimeField(null=True, blank=True, editable=False)
    mailbox_given_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    # the mandates that count in this session, where it does not open the whole account
    only_mandates: frozenset[int] | None = None
    # whether the session proved a second factor, which acts for the platform take; set by each request
    proved_second_factor = True

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_an_address",
                violation_error_message=_("Un compte existe déjà avec cette adresse."),
            )
        ]

    def __str__(self) -> str:
        return (
            " ".join(part for part in (self.civility, self.first_name, self.last_name) if part) or self.email
        )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: raises UndeletableError. Legal acts name their author for ever."""
        raise UndeletableError(str(_("Un compte ne se supprime pas : désactivez-le.")), {self})

    @property
    def mailbox_is_held(self) -> bool:
        """Whether somebody else gave the account this address so recently that it proves nothing yet."""
        return self.mailbox_held_until is not None and self.mailbox_held_until > timezone.now()

    @property
    def acts_for_platform(self) -> bool:
        """Whether the person acts as the platform's administrator, by what their session proved."""
        return self.is_superuser and self.is_active and self.proved_second_factor

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to every credential, where Django binds them to the password alone."""
        salt = "stakeholders.models.User.session"
        known = f"{self.credential_epoch}:{self.password}"
        return salted_hmac(salt, known, secret=secret, algorithm="sha256").hexdigest()


class Organisation(models.Model):
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
    Role.PILOT: frozenset({Power.VIEW, Power.DRAFT}),
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


def _only(field: str) -> Func:
    """Return the range that holds one number: ranges are compared without the extension btree_gist.

    The embedded PostgreSQL comes without it.
    """
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


_HELD = _("Cette fonction a déjà un titulaire : mettez d’abord fin à son mandat.")
_DAYS = Func("starts_on", "ends_on", Value("[]"), function="daterange", output_field=DateRangeField())


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
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"), null=True, blank=True)
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
                violation_error_message=_("La fin du mandat précède son début."),
            ),
            models.CheckConstraint(
                name="mandate_limit_whole",
                condition=Q(limited_type__isnull=True, limited_id__isnull=True)
                | Q(limited_type__isnull=False, limited_id__isnull=False),
            ),
            ExclusionConstraint(
                name="one_holder_an_office_and_day",
                expressions=[(_only("office"), RangeOperators.OVERLAPS), (_DAYS, RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at__isnull=True, limited_type__isnull=True),
                violation_error_message=_HELD,
            ),
            # a guest's office is theirs alone (workflow.actions.guests), for as many contracts as they answer
            ExclusionConstraint(
                name="one_guest_an_office_object_and_day",
                expressions=[
                    (_only("office"), RangeOperators.OVERLAPS),
                    (_only("limited_type"), RangeOperators.OVERLAPS),
                    (_only("limited_id"), RangeOperators.OVERLAPS),
                    (_DAYS, RangeOperators.OVERLAPS),
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
            raise ValidationError({"ends_on": _("La fin du mandat précède son début.")})
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
