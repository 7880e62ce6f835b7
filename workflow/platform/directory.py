"""The organisations of the platform as its administrator reads them: searched, paged, with who holds what."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Lower
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.invitations import Invitation
from stakeholders.models import Grant, GrantKind, Mandate, Office, Organisation, User
from workflow.record.refusals import Invalid
from workflow.tasks.keyset import Listing, Order

LONGEST = 100  # characters sought
WORDS = 8
AT_MOST = 20  # to choose one of
MEANINGLESS = 3  # letters: « de », « la », « des »
NONE = "aucune"
CHOOSE_ONE = gettext_lazy("Choisissez une organisation dans la liste : cherchez-la d’abord.")
LONGEST_KEY = 18
_FROM = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ’"
_TO = "aaaaaaceeeeiiiinooooouuuuyy'"
_ORDER = Order(keys=("name", "pk"), shown=("name", "pk"), target="pk")


def listing(sought: str) -> Listing[Organisation]:
    """Return the organisations in which each word sought is found: names, code, territory, numbers."""
    rows = Organisation.objects.annotate(is_administered=_is_administered())
    return Listing(lambda: rows, lambda: [matching(sought)], _ORDER)


def found(sought: str, *, but: int | None = None) -> list[Organisation]:
    """Return the first organisations that a search finds, to choose one of; nothing for an empty search."""
    if not _folded(sought).split():
        return []
    return list(matching(sought).exclude(pk=but or 0).order_by("name", "pk")[:AT_MOST])


def near(name: str) -> list[Organisation]:
    """Return the first organisations whose name has a word of this one, those with most of them first."""
    words = {word for word in _folded(name).replace("’", "'").split() if len(word) > MEANINGLESS}
    ranked: dict[Organisation, int] = {}
    for word in sorted(words)[:WORDS]:
        for row in matching(word).order_by("name", "pk")[:AT_MOST]:
            ranked[row] = ranked.get(row, 0) + 1
    return sorted(ranked, key=lambda row: (-ranked[row], row.name))[:AT_MOST]


def sought_in(sent: QueryDict) -> str:
    """Return what a search says, which the database can read."""
    return str(sent.get("q", "")).replace("\0", "").strip()


def chosen(sent: QueryDict) -> Organisation | None:
    """Return the organisation that a page's buttons say (``organisation``), or None for « none »."""
    said = str(sent.get("organisation", ""))
    if said == NONE:
        return None
    known = said.isascii() and said.isdigit() and len(said) <= LONGEST_KEY
    row = Organisation.objects.filter(pk=int(said)).first() if known else None
    if row is None:
        raise Invalid(str(CHOOSE_ONE), "organisation")
    return row


def matching(sought: str) -> QuerySet[Organisation]:
    """Return the organisations in which each word sought is found."""
    found = Organisation.objects.all()
    words = _folded(sought[:LONGEST]).split()[:WORDS]
    if words:
        names = ("name", Value(" "), "short_name", Value(" "), "territory", Value(" "), "code")
        said = Concat(*names, output_field=CharField())
        found = found.alias(said=Func(Lower(said), Value(_FROM), Value(_TO), function="translate"))
    for word in words:
        numbers = Q(siret__startswith=word) | Q(communes__contains=[word.upper()])
        found = found.filter(Q(said__contains=word) | numbers)
    return found


def _folded(text: str) -> str:
    return text.lower().translate(str.maketrans(_FROM, _TO))


def _is_administered() -> Exists:
    """Whether somebody administers it today, so that it can go on alone."""
    held = Mandate.objects.in_force().filter(
        office__organisation=OuterRef("pk"),
        office__administers=True,
        limited_type=None,
        person__is_active=True,
    )
    return Exists(held)


@dataclass(frozen=True)
class Post:
    """An office and where it stands: held by somebody, offered, asked for, or free."""

    office: Office
    holders: list[Mandate]
    offered: list[Invitation]
    asked: list[Grant]

    @property
    def is_free(self) -> bool:
        """Whether somebody may be invited to it without waiting for anything."""
        return not (self.holders or self.offered or self.asked)


def posts(organisation: Organisation) -> list[Post]:
    """Return the offices of an organisation, each with who holds it, is invited to it, or is asked for it."""
    held = Mandate.objects.in_force().filter(office__organisation=organisation, limited_type=None)
    offered = Invitation.objects.pending().filter(office__organisation=organisation)
    asked = Grant.objects.pending().filter(
        organisation=organisation, kind__in=(GrantKind.MANDATE, GrantKind.INVITATION)
    )
    by_office: dict[int, tuple[list[Mandate], list[Invitation], list[Grant]]] = {}
    for office in organisation.offices.all():
        by_office[office.pk] = ([], [], [])
    for mandate in held.select_related("person").order_by("starts_on", "pk"):
        by_office[mandate.office_id][0].append(mandate)
    for invitation in offered.prefetch_related("mails"):
        by_office[invitation.office_id][1].append(invitation)
    for grant in asked.select_related("person"):
        if grant.office_id in by_office:
            by_office[grant.office_id][2].append(grant)
    return [Post(office, *by_office[office.pk]) for office in organisation.offices.order_by(F("title"))]


def administrators() -> QuerySet[User]:
    """Return who administers the platform."""
    found: QuerySet[User] = User.objects.filter(is_superuser=True, is_active=True)
    return found.order_by("last_name", "first_name", "pk")


def to_do() -> list[str]:
    """Say what an installation still lacks before an organisation can work, in order; nothing once it can."""
    said = []
    if administrators().count() < 2:
        said.append(
            _(
                "Ouvrez l’administration de la plateforme à une seconde personne : ce qui donne un pouvoir "
                "est demandé par l’une et confirmé par l’autre."
            )
        )
    if not Organisation.objects.exists():
        said.append(_("Créez les organisations de votre territoire, une à une ou par un fichier."))
    elif not Mandate.objects.in_force().filter(office__administers=True).exists():
        said.append(
            _(
                "Invitez dans chaque organisation une personne qui l’administrera : elle invitera ensuite "
                "ses collègues."
            )
        )
    return said
