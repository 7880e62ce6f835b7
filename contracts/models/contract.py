"""The contract, who takes part in it and who will sign it, its frozen versions."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contracts.long_text import LongText
from contracts.models.parts import PILOTING, Part, SignatoryKind
from stakeholders.days import Day
from stakeholders.kinds import ContractKind
from stakeholders.models import GroupPermissionRow, Office, Organisation
from stakeholders.prepared import MARKER, Prepared, of_some
from stakeholders.reading import asked_for_each, asked_once
from stakeholders.terms import Calendar, Zone, last_day
from stakeholders.text import LabelledLines, Line, LineList

NO_DAYS = models.Value({}, models.JSONField())
LONG_TEXT = 20_000  # characters; about eight printed pages for one field


class Status(models.TextChoices):
    """Where a contract stands in its life, as lists show it."""

    OPENING = "opening", _("En préparation")
    DIAGNOSTIC = "diagnostic", _("Diagnostic")
    DRAFTING = "drafting", _("Rédaction")
    IN_REVIEW = "in_review", _("Avis en cours")
    APPROVAL = "approval", _("Approbation")
    FINAL_TEXT = "final_text", _("Texte définitif")
    SIGNING = "signing", _("Signature")
    SIGNED = "signed", _("Signé")
    EXPIRED = "expired", _("Échu")
    ABANDONED = "abandoned", _("Abandonné")


# The database knows them too: contracts_has_ended (migration 0009).
ENDED = (Status.SIGNED, Status.EXPIRED, Status.ABANDONED)


class Contract(models.Model):
    """A contract between the State and one or several communes.

    ``document_date`` is the date printed on the document; the dates of signature are
    those of the signatures. ``days`` are the working days of each step, by its purpose, where they are
    the contract's own: {"review": 15}; ``zone`` and ``keeps_good_friday`` say which days are working
    there. ``words`` is what a search looks into, kept by the database:
    the words of the reference, the title and the territory, without case nor accents.
    """

    reference = Line(_("référence"), max_length=60, unique=True)
    title = Line(_("titre"), max_length=250)
    kind = models.CharField(
        _("nature"), max_length=30, choices=ContractKind.choices, default=ContractKind.CSI
    )
    territory = Line(_("territoire"), max_length=120)
    communes = LineList(Line(max_length=120), verbose_name=_("communes du périmètre"))
    perimeter_extension = Line(_("extension du périmètre"), max_length=400, blank=True)
    preamble = LongText(_("préambule"), blank=True, validators=[MaxLengthValidator(LONG_TEXT)])
    period_start = Day(_("début"))
    period_end = Day(_("fin"))
    period_rule = Line(_("règle de durée"), max_length=250, blank=True)
    document_date = Day(_("date du document"), null=True, blank=True)
    frameworks = LabelledLines(_("cadres existants"), default=list, blank=True)
    with_diagnostic = models.BooleanField(
        _("diagnostic partagé"), default=False, db_default=False
    )  # chosen when the contract is opened
    status = models.CharField(_("état"), max_length=20, choices=Status.choices, default=Status.DRAFTING)
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)
    target_date = Day(_("signature souhaitée le"), null=True, blank=True)
    days = models.JSONField(_("délais"), default=dict, blank=True, db_default=NO_DAYS)
    council_dates = models.JSONField(
        _("séances prévues"), default=dict, blank=True, db_default=NO_DAYS
    )  # {"<key of the organisation>": "2027-03-04"}
    reminders = models.JSONField(
        _("rappels"), default=dict, blank=True, db_default=NO_DAYS
    )  # {"before": [7, 2], "after": [1]}, where they are its own
    zone = models.CharField(
        _("jours fériés"), max_length=4, choices=Zone.choices, default="", blank=True, db_default=""
    )
    keeps_good_friday = models.BooleanField(_("Vendredi saint férié"), default=False, db_default=False)
    words = models.GeneratedField(
        expression=models.Func("reference", "title", "territory", function="contracts_words"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("contrat")
        verbose_name_plural = _("contrats")
        ordering = ["-created_at", "-pk"]
        indexes = [GinIndex(fields=["words"], name="contract_words")]
        constraints = [
            models.CheckConstraint(
                name="contract_period_in_order",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message=_("La fin du contrat précède son début."),
            ),
            models.CheckConstraint(
                name="contract_status_known",
                condition=Q(status__in=[value for value, _label in Status.choices]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}, {self.title}"

    @property
    def calendar(self) -> Calendar:
        """The working days of its territory."""
        return Calendar(self.zone, self.keeps_good_friday)

    def due(self, step: str, since: dt.date, by_default: int) -> dt.date:
        """Return the last day of a step opened on ``since``.

        Its own number of working days of the territory, or else ``by_default`` calendar days.
        """
        if (own := self.days.get(step)) is not None:
            return self.calendar.after(since, own)
        return last_day(since, by_default)

    @property
    def latest_version(self) -> ContractVersion | None:
        """The last frozen version, or None while nothing was frozen."""
        return latest_version(self)

    @property
    def places(self) -> list[Signatory]:
        """Its signatories, in the order in which they sign, each with its office."""
        return places(self)


@asked_for_each
def latest_version(contracts: list[Contract]) -> dict[Contract, ContractVersion | None]:
    """Return the last frozen version of each contract, or None."""
    last = {row.contract_id: row for row in of_some(_LAST, contracts)}
    return {contract: _of(contract, last.get(contract.pk)) for contract in contracts}


def _last(*contracts: int) -> QuerySet[ContractVersion]:
    rows = ContractVersion.objects.filter(contract__in=contracts).select_related("frozen_by")
    return rows.order_by("contract_id", "-number").distinct("contract_id")


_LAST = Prepared(_last, MARKER)


def _of(contract: Contract, version: ContractVersion | None) -> ContractVersion | None:
    if version is not None:
        version.contract = contract  # which is at hand
    return version


@asked_once
def versions_of(contract: Contract) -> list[ContractVersion]:
    """Return every frozen version of a contract, the last one first, without what each says."""
    return list(contract.versions.defer("content").order_by("-number"))


@asked_for_each
def places(contracts: list[Contract]) -> dict[Contract, list[Signatory]]:
    """Return the signatories of each contract, in the order in which they sign, each with its office."""
    found: dict[int, list[Signatory]] = {}
    for row in of_some(_PLACES, contracts):
        found.setdefault(row.contract_id, []).append(row)
    return {contract: found.get(contract.pk, []) for contract in contracts}


def _places(*contracts: int) -> QuerySet[Signatory]:
    rows = Signatory.objects.filter(contract__in=contracts)
    return rows.select_related("office__organisation__group", "contract", "council__group").order_by("order")


_PLACES = Prepared(_places, MARKER)


class ContractGroupPermission(GroupPermissionRow):
    """guardian's rows about contracts, with a real foreign key so that none is orphaned."""

    content_object = models.ForeignKey(Contract, on_delete=models.CASCADE)


class ContractAccess(models.Model):
    """Which organisation's group sees which contract, as lists need it: narrow and indexed.

    A shadow of guardian's rows for « view_contract », which stay the authority about one contract. The
    database keeps it in the same transaction, whoever writes (triggers of migration 0005): nothing here is
    written by hand. ``ended``: its status is one of ENDED. The sort key of lists is the contract's number.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="+", db_index=False)
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="+")
    ended = models.BooleanField()

    class Meta:
        verbose_name = _("accès à un contrat")
        verbose_name_plural = _("accès aux contrats")
        constraints = [models.UniqueConstraint(fields=["group", "contract"], name="one_access_a_group")]
        indexes = [models.Index(fields=["group", "ended", "contract"], name="access_by_ended")]

    def __str__(self) -> str:
        return f"{self.group_id} {self.contract_id}"


class Participation(models.Model):
    """An organisation takes part in a contract.

    A contract of several communes has a pilot for each of them; the first entered of a side runs it.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="participations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="participations")
    part = models.CharField(_("rôle"), max_length=20, choices=Part.choices)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "organisation"], name="one_part_an_organisation"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "-contract"], condition=models.Q(part__in=PILOTING), name="piloting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_part_display()}"


class Signatory(models.Model):
    """A place on the signature page: an office, its capacity, its rank. The database keeps ``being_signed``.

    ``authorised_by`` names the resolution that empowers it, where there is one before the text is final.
    ``needs_council_resolution`` locks the place until the council's resolution is enforceable
    (CGCT L2121-29, L2122-21, L2131-1): that of ``council``, or else of the office's own organisation.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="signatories")
    order = models.PositiveSmallIntegerField(_("rang"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="signatures", verbose_name=_("fonction"))
    capacity = Line(_("qualité"), max_length=200)
    kind = models.CharField(
        _("nature"), max_length=30, choices=SignatoryKind.choices, default=SignatoryKind.PARTY
    )
    required = models.BooleanField(_("obligatoire"), default=True)
    needs_council_resolution = models.BooleanField(_("attend la délibération"), default=False)
    council = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("délibération attendue de"),
    )
    authorised_by = Line(
        _("délibération qui l’habilite"),
        max_length=200,
        blank=True,
        help_text=_(
            "Si elle existe déjà : « n° 2026-11-014 du 12 novembre 2026 ». Sinon laissez vide : le cachet "
            "de la signature la nommera."
        ),
    )
    being_signed = models.BooleanField(db_default=False, editable=False)

    class Meta:
        verbose_name = _("signataire")
        verbose_name_plural = _("signataires")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "order"], name="one_signatory_a_rank"),
            models.UniqueConstraint(fields=["contract", "office"], name="one_rank_an_office"),
        ]
        indexes = [
            models.Index(
                fields=["office", "-contract"], condition=models.Q(being_signed=True), name="being_signed"
            )
        ]

    def __str__(self) -> str:
        return self.capacity

    @property
    def awaited_council(self) -> int | None:
        """The primary key of the organisation whose council's resolution is awaited, or None."""
        if not self.needs_council_resolution:
            return None
        return self.council_id or self.office.organisation_id

    @property
    def field_name(self) -> str:
        """The name of the signature field; two digits, so that no name is another's prefix."""
        return f"Signataire-{self.order:02d}"


class ContractVersion(models.Model):
    """A frozen text: its canonical content, its SHA-256, its printed form.

    ``content_sha256`` is that of the canonical JSON (:func:`contracts.canonical.encode`);
    ``pdf_sha256`` that of the exact bytes shown, approved and signed, known once rendered;
    ``print_edition`` what rendered them (:mod:`contracts.printed.edition`), unknown of older ones.
    The database refuses any other change (migration 0002).
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("numéro"))
    content = models.JSONField(_("contenu figé"))
    content_sha256 = models.CharField(_("empreinte du contenu"), max_length=64)
    frozen_at = models.DateTimeField(_("figée le"))
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("figée par")
    )
    label = Line(_("objet de la version"), max_length=200, blank=True)
    pdf_sha256 = models.CharField(_("empreinte du PDF"), max_length=64, blank=True)
    print_edition = models.CharField(
        _("édition de la mise en page"), max_length=64, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        indexes = [models.Index(fields=["pdf_sha256"], name="version_pdf")]
        constraints = [models.UniqueConstraint(fields=["contract", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return str(_("version %(number)s")) % {"number": self.number}
