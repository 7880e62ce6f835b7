"""How an organisation is named in a sentence, and by which numbers it is known."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stakeholders import identifiers
from stakeholders.titles import Article, body, of_body


class Described(models.Model):
    """What is said of an organisation beside its name."""

    name: str

    article = models.CharField(_("article"), max_length=3, choices=Article.choices, blank=True, default="")
    siret = models.CharField(_("SIRET"), max_length=14, blank=True, default="")
    # codes of the INSEE, of the communes that it is or covers; names are in ``territory``
    communes = ArrayField(
        models.CharField(max_length=5), verbose_name=_("communes"), default=list, blank=True
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Check the numbers, whatever page they come from; kept in their proper form."""
        super().clean()
        if self.siret:
            self.siret = identifiers.siret(self.siret)
        self.communes = [identifiers.commune(code) for code in self.communes]

    @property
    def in_sentence(self) -> str:
        """The name within a sentence: « la préfecture de l’Orme »."""
        return body(self.name, self.article)

    @property
    def after_of(self) -> str:
        """The name after « de »: « de la préfecture de l’Orme », « du parquet »."""
        return of_body(self.name, self.article)


CONSTRAINTS = (
    models.CheckConstraint(
        name="organisation_article_known",
        condition=Q(article__in=Article.values),
        violation_error_message=_("Cet article n’existe pas."),
    ),
    models.CheckConstraint(
        name="organisation_siret_of_fourteen_digits",
        condition=Q(siret="") | Q(siret__regex=r"^[0-9]{14}$"),
        violation_error_message=_("Un SIRET a quatorze chiffres."),
    ),
    models.UniqueConstraint(
        fields=["siret"],
        condition=~Q(siret=""),
        name="one_organisation_a_siret",
        violation_error_message=_("Une organisation porte déjà ce SIRET."),
    ),
)
