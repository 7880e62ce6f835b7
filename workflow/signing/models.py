"""What a signatory does: sign, or refuse to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.models import ContractVersion, Signatory
from signatures.models import Confirmation, SignatureRequest
from stakeholders.models import AuthorityKind, SigningAuthority
from stakeholders.text import Line, Lines
from stakeholders.wording import day
from workflow.engine.models import Act, says_why

REFUSAL_OWES_WHY = _("Dites pourquoi vous refusez de signer.")
ALREADY_ACCEPTED = _("Cette différence est déjà acceptée.")
ACCEPTING_OWES_WHY = _("Dites pourquoi le contrat peut garder ce nom.")
WARNINGS_OWE_WHY = _("Dites pourquoi la signature peut s’ouvrir malgré ces avertissements.")
WARNING_ACCEPTED = _("Cet avertissement est déjà accepté.")
LONGEST_REASON = 200  # characters: it is printed in the box of a signature

BASES = [(kind.value, kind.label) for kind in AuthorityKind if kind != AuthorityKind.REPRESENTATION_ONLY]


class SigningAct(Act):
    """A signatory signs: by which task, in which place, on what basis, having proved who they are how.

    The signature itself is ``request``, made by the worker after the act. One that fails for
    good is abandoned, and its signatory asked again by another task: that is another act, so a
    signatory may have several a version, of which one at most is not abandoned. What the basis
    was that day is said in words beside its row, as the register and the offices change.
    """

    task = models.OneToOneField("viewflow.Task", models.PROTECT, related_name="signing_act")
    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="signing_acts")
    request = models.OneToOneField(SignatureRequest, models.PROTECT, related_name="act")
    confirmation = models.OneToOneField(Confirmation, models.PROTECT, related_name="act")
    basis = models.CharField(_("au titre de"), max_length=30, choices=BASES)
    authority = models.ForeignKey(
        SigningAuthority, models.PROTECT, null=True, blank=True, related_name="signing_acts"
    )
    source = Line(_("texte"), max_length=200)
    office = Line(_("fonction exercée"), max_length=400)
    document = Line(_("acte"), max_length=250, blank=True)
    organisation = Line(_("organisation de qui signe"), max_length=100)

    class Meta:
        verbose_name = _("acte de signature")
        verbose_name_plural = _("actes de signature")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="signing_basis_known", condition=Q(basis__in=[basis for basis, _label in BASES])
            ),
            models.CheckConstraint(
                name="signed_in_anothers_place_by_an_authority",
                condition=Q(basis=AuthorityKind.OFFICE_HOLDER, authority__isnull=True)
                | (~Q(basis=AuthorityKind.OFFICE_HOLDER) & Q(authority__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.signatory)

    def basis_facts(self) -> dict[str, object]:
        """Return the basis as the journal keeps it (:meth:`stakeholders.authority.Basis.facts`)."""
        return {
            "organisation": self.organisation,
            "basis": self.basis,
            "source": self.source,
            "office": self.office,
            "authority": self.authority_id,
            "act": self.document,
        }


class AcceptedHolder(Act):
    """A pilot accepts that a frozen text names a former holder, and says why; the signature's stamp says it.

    It counts for one present holder, as ``holder`` names them (blank: the office is vacant).
    """

    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="accepted_holders")
    printed = Line(_("nom au contrat"), max_length=400)
    holder = Line(_("titulaire"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("différence de titulaire acceptée")
        verbose_name_plural = _("différences de titulaire acceptées")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "signatory", "holder"],
                name="one_acceptance_a_holder",
                violation_error_message=ALREADY_ACCEPTED,
            ),
            says_why("accepting_says_why", ACCEPTING_OWES_WHY),
        ]

    def __str__(self) -> str:
        return f"{self.printed}, {self.holder}"

    @property
    def sentence(self) -> str:
        """Say who accepted it, when, and why."""
        return gettext("Différence acceptée le %(day)s (%(organisation)s) : %(reason)s") % {
            "day": day(timezone.localdate(self.at)),
            "organisation": self.mandate.office.organisation.short_name,
            "reason": self.reason,
        }


class WarningCode(models.TextChoices):
    """What may stand in the way of a signature before it is asked for; codes are kept in the journal."""

    NO_SIGNATORY = "no_signatory", _("personne ne peut signer")
    NO_KEY = "no_key", _("aucun moyen de signature")
    KEY_WAITS = "key_waits", _("certificat à un autre nom")
    KEY_ENDED = "key_ended", _("certificat échu")
    LEVEL = "level_too_low", _("niveau insuffisant")
    UNLISTED = "authority_unlisted", _("autorité absente des listes de confiance")
    LIST_STALE = "list_stale", _("liste de confiance périmée")
    LIST_MISSING = "list_missing", _("liste de confiance manquante")
    LIST_DISOWNED = "list_disowned", _("liste de confiance désavouée")
    ENDS_BEFORE_TERM = "ends_before_term", _("certificat échu avant le terme")
    ENDS_SOON = "ends_soon", _("certificat bientôt échu")


class AcceptedWarning(Act):
    """A pilot lets the signing open in spite of a warning at one place, and says why.

    It counts for the facts ``about`` which the warning was (whose certificate, which list); ``sentence`` is
    what the page said of it, in French as the contract is.
    """

    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="accepted_warnings")
    code = models.CharField(_("avertissement"), max_length=20, choices=WarningCode.choices)
    about = Line(_("faits"), max_length=200)
    sentence = Lines(_("ce qui était dit"))

    class Meta:
        verbose_name = _("avertissement accepté")
        verbose_name_plural = _("avertissements acceptés")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "signatory", "code", "about"],
                name="one_acceptance_a_warning",
                violation_error_message=WARNING_ACCEPTED,
            ),
            models.CheckConstraint(
                name="accepted_warning_known", condition=Q(code__in=[code.value for code in WarningCode])
            ),
            says_why("accepting_warning_says_why", WARNINGS_OWE_WHY),
        ]

    def __str__(self) -> str:
        return f"{self.code}, {self.signatory}"


class Rehearsal(models.Model):
    """A copy of a version was signed in every place with keys that were thrown away; what came of it.

    ``kinds`` are the kinds of those keys by field (« ecdsa 256 »); ``by_pdfsig`` whether poppler was asked
    too; ``failure`` the sentence of one that would not do, blank where it was valid.
    """

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="rehearsals")
    at = models.DateTimeField(_("le"), default=timezone.now)
    kinds = models.JSONField(_("sortes de clés"), default=dict)
    by_pdfsig = models.BooleanField(_("vérifiée aussi par pdfsig"), default=False)
    failure = Lines(_("échec"), blank=True)

    class Meta:
        verbose_name = _("répétition de signature")
        verbose_name_plural = _("répétitions de signature")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.version}, {self.at:%Y-%m-%d %H:%M}"


class Refusal(Act):
    """A signatory refuses to sign, and says why."""

    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="refusals")

    class Meta:
        verbose_name = _("refus de signer")
        verbose_name_plural = _("refus de signer")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="one_refusal_a_version"),
            says_why("refusal_says_why", REFUSAL_OWES_WHY),
        ]

    def __str__(self) -> str:
        return str(self.signatory)
