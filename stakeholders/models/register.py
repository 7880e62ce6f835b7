"""The register of who may sign for whom, and the absences that people declare.

A row is never rewritten nor deleted: it is ended, and another is added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import BigIntegerField, F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.days import Day
from stakeholders.kinds import ContractKind, Power
from stakeholders.models.organisations import Mandate, Office, days_of_it, only
from stakeholders.text import Line, LineList


class AuthorityKind(models.TextChoices):
    """By what somebody may sign in the place of an office; the first is the office itself.

    Sources: décret n° 2004-374, art. 43 (a prefect's delegations of signature) and 45
    (suppléance during an absence, intérim during a vacancy); CGCT L2122-18 (delegation of
    function by the mayor) and L2122-17 (the mayor's suppléance, in the order of the list).
    """

    OFFICE_HOLDER = "office_holder", _("Titulaire de la fonction")
    DELEGATION_OF_SIGNATURE = "delegation_of_signature", _("Délégation de signature")
    DELEGATION_OF_FUNCTION = "delegation_of_function", _("Délégation de fonctions")
    SUBSTITUTION = "substitution", _("Suppléance")
    INTERIM = "interim", _("Intérim")
    REPRESENTATION_ONLY = "representation_only", _("Représentation, sans signature")


DELEGATIONS = frozenset({AuthorityKind.DELEGATION_OF_SIGNATURE, AuthorityKind.DELEGATION_OF_FUNCTION})


ENDS_FIRST = _("La fin précède le début : corrigez l’une des deux dates.")


class Dated(models.Model):
    """Something that runs from a day to a day, both included, unless it was withdrawn."""

    starts_on = Day(_("du"))
    ends_on = Day(_("au"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True, editable=False)

    DISORDER = ENDS_FIRST

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Refuse days in the wrong order first: no range of days can be made of them to compare."""
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": self.DISORDER})
        super().validate_constraints(set(exclude or ()) - {"withdrawn_at"})

    def runs_on(self, day: dt.date) -> bool:
        """Tell whether it runs that day; one that was withdrawn runs on no day."""
        ended = self.ends_on is not None and self.ends_on < day
        return self.withdrawn_at is None and self.starts_on <= day and not ended


def _same_words(field: str) -> Func:
    """Return the range that holds the fingerprint of a text, whatever its capitals and its spaces.

    Two of different words are taken for one once in 2⁶⁴.
    """
    words = Func(Lower(F(field)), Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace")
    hashed = Func(words, Value(0), function="hashtextextended", output_field=BigIntegerField())
    return Func(hashed, hashed, Value("[]"), function="int8range", output_field=BigIntegerRangeField())


def _never_twice(name: str, refusal: Any, *same: Func) -> ExclusionConstraint:
    """Refuse a second row of the same, on any of the same days, unless the first was withdrawn."""
    ranges = [*same, days_of_it()]
    return ExclusionConstraint(
        name=name,
        expressions=[(one, RangeOperators.OVERLAPS) for one in ranges],
        condition=Q(withdrawn_at__isnull=True),
        violation_error_message=refusal,
    )


class SigningAuthority(Dated):
    """One act of the register: ``delegate`` may, within its scope, sign in the place of ``office``.

    ``grantor`` is the mandate of whoever gave it or is replaced; an interim has none, as
    the office is vacant. ``contract_kinds`` and ``communes`` narrow the scope when they are
    not empty. ``document_sha256`` names the act's PDF among the stored blobs.
    """

    kind = models.CharField(_("nature"), max_length=30, choices=AuthorityKind.choices)
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="authorities", verbose_name=_("fonction exercée")
    )
    grantor = models.ForeignKey(
        Mandate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="authorities_given",
        verbose_name=_("donnée par"),
    )
    delegate = models.ForeignKey(
        Mandate, models.PROTECT, related_name="authorities_held", verbose_name=_("bénéficiaire")
    )
    act = Line(_("acte"), max_length=250)
    published_in = Line(_("publié dans"), max_length=120, blank=True)
    published_on = Day(_("publié le"), null=True, blank=True)
    scope = Line(_("étendue"), max_length=400, blank=True)
    covers_contract_signature = models.BooleanField(_("couvre la signature des contrats"), default=False)
    contract_kinds = ArrayField(
        models.CharField(max_length=30, choices=ContractKind.choices),
        verbose_name=_("natures de contrat"),
        default=list,
        blank=True,
    )
    communes = LineList(Line(max_length=120), verbose_name=_("communes couvertes"), default=list, blank=True)
    document_sha256 = models.CharField(_("empreinte de l’acte"), max_length=64, blank=True, editable=False)
    may_sign_from = models.DateTimeField(_("peut signer à compter du"), null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("enregistré le"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("habilitation à signer")
        verbose_name_plural = _("registre des habilitations à signer")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="authority_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=ENDS_FIRST,
            ),
            models.CheckConstraint(
                name="authority_kind_known",
                condition=Q(kind__in=[k for k in AuthorityKind.values if k != AuthorityKind.OFFICE_HOLDER]),
                violation_error_message=_("Cette nature d’habilitation n’existe pas."),
            ),
            models.CheckConstraint(
                name="interim_fills_a_vacancy",
                condition=Q(kind=AuthorityKind.INTERIM, grantor__isnull=True)
                | (~Q(kind=AuthorityKind.INTERIM) & Q(grantor__isnull=False)),
                violation_error_message=_(
                    "Un intérim n’est donné par personne, la fonction étant vacante ; toute autre "
                    "habilitation dit qui l’a donnée ou qui est suppléé."
                ),
            ),
            models.CheckConstraint(
                name="representing_is_not_signing",
                condition=~Q(kind=AuthorityKind.REPRESENTATION_ONLY, covers_contract_signature=True),
                violation_error_message=_("Une représentation n’emporte jamais la signature."),
            ),
            models.CheckConstraint(
                name="authority_names_its_act",
                condition=~Q(act=""),
                violation_error_message=_("Citez l’acte : sans lui, l’habilitation ne peut être vérifiée."),
            ),
            # entered twice and ended once, it would still let somebody sign
            _never_twice(
                "one_line_an_act_parties_and_day",
                _(
                    "Cet acte est déjà inscrit au registre, pour cette personne et pour ces jours : "
                    "retirez d’abord la première inscription si elle est à corriger."
                ),
                only("office"),
                only("delegate"),
                _same_words("kind"),
                _same_words("act"),
            ),
        ]
        indexes = [models.Index(fields=["office", "starts_on"]), models.Index(fields=["delegate"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.act}"

    def clean(self) -> None:
        """Check what spans several rows; raises ValidationError."""
        if not (self.office_id and self.delegate_id):
            return  # the fields' own errors say so
        if self.grantor_id and self.grantor is not None:
            if self.grantor.office_id != self.office_id:
                raise ValidationError(
                    {"grantor": _("Cette personne ne tient pas la fonction dont il s’agit.")}
                )
            if self.grantor.person_id == self.delegate.person_id:
                raise ValidationError({"delegate": _("On ne se donne pas d’habilitation à soi-même.")})
        if self.delegate.office.organisation_id != self.office.organisation_id:
            raise ValidationError(
                {"delegate": _("Le bénéficiaire doit tenir une fonction dans la même organisation.")}
            )


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Absences by the day one asks about."""

    def in_force(self, on: dt.date | None = None) -> AbsenceQuerySet:
        """Those that run on that day (today if not given)."""
        day = on or timezone.localdate()
        return self.filter(starts_on__lte=day, ends_on__gte=day, withdrawn_at__isnull=True)


DAYS_OF_ABSENCE = _("Donnez le premier et le dernier jour de l’absence, dans l’ordre.")


class Absence(Dated):
    """Somebody is away; for the named kinds of act a colleague acts in their place meanwhile.

    Never for a signature, which takes an authority of the register.
    """

    mandate = models.ForeignKey(
        Mandate, models.PROTECT, related_name="absences", verbose_name=_("fonction de l’absent")
    )
    substitute = models.ForeignKey(
        Mandate, models.PROTECT, related_name="replacements", verbose_name=_("remplacé par")
    )
    powers = ArrayField(
        models.CharField(max_length=40, choices=[(power.value, power.value) for power in Power]),
        verbose_name=_("actes confiés"),
    )
    note = Line(_("remarque"), max_length=400, blank=True)
    declared_at = models.DateTimeField(_("déclarée le"), auto_now_add=True)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("déclarée par")
    )

    objects = AbsenceQuerySet.as_manager()
    DISORDER = DAYS_OF_ABSENCE

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="absence_has_both_its_days",
                condition=Q(ends_on__isnull=False, ends_on__gte=F("starts_on")),
                violation_error_message=DAYS_OF_ABSENCE,
            ),
            models.CheckConstraint(
                name="absence_never_lends_a_signature",
                condition=~Q(powers__contains=[Power.SIGN.value]) & ~Q(powers=[]),
                violation_error_message=_(
                    "Choisissez au moins un acte. La signature ne se confie pas par une absence : elle "
                    "demande une délégation ou une suppléance inscrite au registre."
                ),
            ),
            _never_twice(
                "one_absence_two_people_and_day",
                _(
                    "Une absence est déjà déclarée pour ces jours, avec ce remplaçant : "
                    "terminez-la d’abord si elle est à corriger."
                ),
                only("mandate"),
                only("substitute"),
            ),
        ]
        indexes = [models.Index(fields=["substitute", "ends_on"])]

    def __str__(self) -> str:
        return f"{self.mandate.person}, {self.substitute.person}"

    def clean(self) -> None:
        """Check what spans several rows; raises ValidationError."""
        if self.mandate.person_id == self.substitute.person_id:
            raise ValidationError({"substitute": _("Choisissez quelqu’un d’autre que la personne absente.")})
        if self.mandate.office.organisation_id != self.substitute.office.organisation_id:
            raise ValidationError({"substitute": _("Choisissez quelqu’un de la même organisation.")})
        if unheld := set(self.powers) - {power.value for power in self.mandate.office.powers}:
            raise ValidationError(
                {"powers": _("La personne absente ne peut confier un acte qui n’est pas le sien.")},
                code=", ".join(sorted(unheld)),
            )
