"""May this person sign in the place of this office, that day, and on what basis?

One question, asked when the task is shown, when the signature is asked for, and in the
last transaction before the key is used. :func:`decide` is pure: it reads the rows it is
given and nothing else. :class:`workflow.standing.standings.Standings` reads them for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.kinds import Side
from stakeholders.models import AuthorityKind, Mandate, Office, Role, SigningAuthority, User
from stakeholders.models.register import DELEGATIONS
from stakeholders.titles import absent, named
from stakeholders.wording import day, moment

# Where each basis is in the law, by side; the dossier says what was read and what was not.
STATE, LOCAL = Side.STATE, Side.LOCAL
SOURCES: dict[tuple[str, Side], Promise] = {
    (AuthorityKind.DELEGATION_OF_SIGNATURE, STATE): gettext_lazy("décret n° 2004-374, article 43"),
    (AuthorityKind.DELEGATION_OF_SIGNATURE, LOCAL): gettext_lazy("CGCT, article L2122-19"),
    (AuthorityKind.DELEGATION_OF_FUNCTION, LOCAL): gettext_lazy("CGCT, article L2122-18"),
    (AuthorityKind.SUBSTITUTION, STATE): gettext_lazy("décret n° 2004-374, article 45"),
    (AuthorityKind.SUBSTITUTION, LOCAL): gettext_lazy("CGCT, article L2122-17"),
    (AuthorityKind.INTERIM, STATE): gettext_lazy("décret n° 2004-374, article 45"),
    (AuthorityKind.INTERIM, LOCAL): gettext_lazy("CGCT, article L2122-17"),
}
HOLDER = gettext_lazy("titulaire de la fonction")
REPRESENTATION = gettext_lazy("aucun texte : représenter n’est pas signer")
INTERNAL = gettext_lazy("règles propres à l’organisation")


def source_of(kind: str, office: Office) -> str:
    """Return the article on which this kind of authority rests for this office."""
    if kind == AuthorityKind.OFFICE_HOLDER:
        return str(HOLDER)
    if kind == AuthorityKind.REPRESENTATION_ONLY:
        return str(REPRESENTATION)
    return str(SOURCES.get((kind, office.organisation.side), INTERNAL))


class Rule(StrEnum):
    """What can stand in the way, in the order in which it is asked."""

    CLOSED_ACCOUNT = "closed_account"
    NOTHING = "nothing"
    WITHDRAWN = "withdrawn"
    REPRESENTATION = "representation"
    OTHER_OFFICE_ENDED = "delegate_left"
    ENDED = "ended"
    NOT_YET = "not_yet"
    LAPSED = "lapsed"
    NOT_VACANT = "not_vacant"
    UNPUBLISHED = "unpublished"
    SCOPE = "scope"
    CONTRACT_KIND = "contract_kind"
    TERRITORY = "territory"
    APART = "apart"
    COOLING = "cooling"


@dataclass(frozen=True)
class Question:
    """Who wants to sign for which office, what kind of contract, about which communes, on which day.

    ``at`` is the moment of that day: now for today; without it, the end of the day is meant.
    ``keeps_apart`` says that they hold the control of legality that day (CGCT L2131-6).
    """

    person: User
    office: Office
    on: dt.date
    contract_kind: str
    communes: tuple[str, ...]
    at: dt.datetime | None = None
    keeps_apart: bool = False

    @property
    def moment(self) -> dt.datetime:
        """Return the moment asked about."""
        return self.at or dt.datetime.combine(self.on, dt.time.max, timezone.get_current_timezone())


@dataclass(frozen=True)
class Basis:
    """Why a person may sign: the mandate that they act by, and the authority if the office is not theirs."""

    kind: AuthorityKind
    mandate: Mandate
    office: Office
    authority: SigningAuthority | None = None
    replaced: Mandate | None = None  # the grantor's, or of whoever held a vacant office last

    @property
    def source(self) -> str:
        """The article that the basis rests on."""
        return source_of(self.kind, self.office)

    @property
    def is_own(self) -> bool:
        """Whether the person holds the office itself."""
        return self.authority is None

    @property
    def formula(self) -> str:
        """Say as what the person signs, in French as the act is: « Pour la préfète… et par délégation, … ».

        Empty for the holder, whose capacity the signature page already prints.
        """
        if self.authority is None:
            return ""
        civility = self.replaced.person.civility if self.replaced else ""
        words = {
            "office": named(self.office.title, civility),
            "absent": absent(civility),
            "delegate": named(self.mandate.office.title, self.mandate.person.civility),
        }
        with translation.override("fr"):
            return str(FORMULAS[self.kind] % words)

    @property
    def quality(self) -> str:
        """The formula with its act, as the journal keeps it; the office alone for its holder."""
        if self.authority is None:
            return self.mandate.quality
        return f"{self.formula} ({self.authority.act})"

    @property
    def stamp_lines(self) -> list[str]:
        """What a delegate's stamp says under the name: the formula, the act."""
        return [] if self.authority is None else [self.formula, self.authority.act]

    def facts(self) -> dict[str, object]:
        """Return the basis as the journal keeps it."""
        return {
            "basis": str(self.kind),
            "source": self.source,
            "office": str(self.office),
            "authority": self.authority.pk if self.authority else None,
            "act": self.authority.act if self.authority else self.mandate.act,
        }


CLOSED_ACCOUNT = gettext_lazy("Ce compte est fermé : il ne permet aucun acte.")
_BY_DELEGATION = gettext_lazy("Pour %(office)s et par délégation, %(delegate)s")
FORMULAS: dict[str, Promise] = {
    AuthorityKind.DELEGATION_OF_SIGNATURE: _BY_DELEGATION,
    AuthorityKind.DELEGATION_OF_FUNCTION: _BY_DELEGATION,
    AuthorityKind.SUBSTITUTION: gettext_lazy("Pour %(office)s %(absent)s, %(delegate)s, par suppléance"),
    AuthorityKind.INTERIM: gettext_lazy("Pour %(office)s, poste vacant, %(delegate)s, par intérim"),
}


@dataclass(frozen=True)
class NoBasis:
    """Why a person may not sign: which rule says no, on what source, and a sentence that says what to do.

    ``authority`` is the row of the register that came nearest, if there is one.
    """

    rule: Rule
    message: str
    authority: SigningAuthority | None = None

    @property
    def source(self) -> str:
        """The article that the rule rests on, or nothing."""
        return source_of(self.authority.kind, self.authority.office) if self.authority else ""

    def __bool__(self) -> bool:
        """A refusal is not a basis."""
        return False


def question_about(
    person: User,
    office: Office,
    *,
    contract_kind: str,
    communes: Iterable[str],
    on: dt.date | None = None,
) -> Question:
    """Put the question; today if no day is given."""
    today = timezone.localdate()
    day = on or today
    at = timezone.now() if day == today else None
    return Question(person, office, day, contract_kind, tuple(communes), at)


def decide(
    question: Question, *, mandates: Collection[Mandate], authorities: Collection[SigningAuthority]
) -> Basis | NoBasis:
    """Say on what basis the person signs for the office that day, or which rule says no.

    ``mandates`` are those of the office and of the person; ``authorities`` the rows of the
    register that name the person for the office. Sources: décret n° 2004-374 art. 43 and 45;
    CGCT L2122-17 to L2122-19 and, for the publication that makes an arrêté
    enforceable, L2131-1. A delegation is personal: it lapses with its grantor's mandate.
    When several rows could serve, the most recent does; when none can, the refusal is that
    of the row that came nearest, and its message says what stands in the way of the others too.
    """
    if not question.person.is_active:
        return NoBasis(Rule.CLOSED_ACCOUNT, str(CLOSED_ACCOUNT))
    mandates = list(mandates)
    for mandate in mandates:
        own = mandate.office_id == question.office.pk and mandate.person_id == question.person.pk
        if own and mandate.limited_type_id is None and mandate.runs_on(question.on):
            if not mandate.is_settled(question.moment):
                return NoBasis(Rule.COOLING, _cooling(mandate))
            return Basis(AuthorityKind.OFFICE_HOLDER, mandate, question.office)
    mine = (m for m in mandates if m.person_id == question.person.pk)
    apart = any(m.office.role == Role.LEGALITY and m.runs_on(question.on) for m in mine)
    question = replace(question, keeps_apart=apart)
    # a guest's mandate fills no office, and who comes later was not replaced
    of_office = [m for m in mandates if m.office_id == question.office.pk and m.limited_type_id is None]
    vacant = not any(m.runs_on(question.on) for m in of_office)
    began = [m for m in of_office if m.starts_on <= question.on]
    last_holder = max(began, key=lambda m: (m.starts_on, m.pk or 0), default=None)
    refusals: list[NoBasis] = []
    for authority in sorted(authorities, key=lambda row: (row.starts_on, row.pk or 0), reverse=True):
        if authority.office_id != question.office.pk:
            continue
        refusal = _obstacle(question, authority, vacant)
        if refusal is None:
            kind, replaced = AuthorityKind(authority.kind), authority.grantor or last_holder
            return Basis(kind, authority.delegate, question.office, authority, replaced)
        refusals.append(refusal)
    if refusals:
        nearest_first = sorted(refusals, key=_rank, reverse=True)[:SAID_AT_MOST]
        said = " ".join(refusal.message for refusal in nearest_first)
        return replace(nearest_first[0], message=said)
    return NoBasis(
        Rule.NOTHING,
        _(
            "Vous n’êtes pas titulaire de la fonction « %(office)s », et aucune délégation, suppléance "
            "ni intérim ne vous permet de signer à sa place. Si un acte le prévoit, faites-le inscrire "
            "au registre par l’administrateur de votre organisation."
        )
        % {"office": question.office.title},
    )


def decide_within_scope(
    authority: SigningAuthority, *, mandates: Collection[Mandate], on: dt.date
) -> Basis | NoBasis:
    """Say what this act alone is worth to its delegate that day, where its kinds and territory apply.

    For what shows the register; a signature asks :func:`decide` about its contract.
    """
    question = question_about(
        authority.delegate.person,
        authority.office,
        contract_kind=authority.contract_kinds[0] if authority.contract_kinds else "",
        communes=authority.communes,
        on=on,
    )
    return decide(question, mandates=mandates, authorities=[authority])


def _rank(refusal: NoBasis) -> int:
    return list(Rule).index(refusal.rule)


SAID_AT_MOST = 3  # acts, in one refusal
Check = Callable[[Question, SigningAuthority, bool], bool]


def _obstacle(question: Question, authority: SigningAuthority, vacant: bool) -> NoBasis | None:
    """Return the first rule that this row of the register does not pass, or None."""
    for rule, stands_in_the_way, sentence in RULES:
        if stands_in_the_way(question, authority, vacant):
            return NoBasis(rule, str(sentence) % _words(question, authority), authority)
    return None


def _words(question: Question, authority: SigningAuthority) -> dict[str, str]:
    missing = [commune for commune in question.communes if commune not in authority.communes]
    return {
        "act": f"«\u00a0{authority.act}\u00a0»",
        "office": authority.office.title,
        "start": day(authority.starts_on),
        "end": day(authority.ends_on),
        "scope": authority.scope or _("étendue non précisée"),
        "communes": ", ".join(missing),
        "moment": moment(authority.may_sign_from),
    }


def _cooling(mandate: Mandate) -> str:
    return _(
        "Cette fonction vous a été donnée il y a peu : votre première signature sera possible à compter du "
        "%(moment)s. Attendez ce moment, ou laissez signer qui en avait déjà le droit."
    ) % {"moment": moment(mandate.may_sign_from)}


def _lapsed(question: Question, authority: SigningAuthority, _vacant: bool) -> bool:
    return authority.grantor is not None and not authority.grantor.runs_on(question.on)


def _unpublished(question: Question, authority: SigningAuthority, _vacant: bool) -> bool:
    published = authority.published_on is not None and authority.published_on <= question.on
    return authority.kind in DELEGATIONS and not (published and authority.published_in)


RULES: tuple[tuple[Rule, Check, Promise], ...] = (
    (
        Rule.WITHDRAWN,
        lambda _q, row, _v: row.withdrawn_at is not None,
        gettext_lazy("%(act)s a été retiré du registre : il ne permet plus de signer."),
    ),
    (
        Rule.REPRESENTATION,
        lambda _q, row, _v: row.kind == AuthorityKind.REPRESENTATION_ONLY,
        gettext_lazy(
            "%(act)s vous permet de représenter « %(office)s », pas de signer. "
            "Demandez une délégation de signature, ou laissez signer le titulaire."
        ),
    ),
    (
        Rule.OTHER_OFFICE_ENDED,
        lambda q, row, _v: not row.delegate.runs_on(q.on),
        gettext_lazy(
            "%(act)s vous désigne par une fonction que vous ne tenez pas ce jour-là : "
            "un nouvel acte est nécessaire."
        ),
    ),
    (
        Rule.ENDED,
        lambda q, row, _v: row.ends_on is not None and row.ends_on < q.on,
        gettext_lazy(
            "%(act)s a pris fin le %(end)s : laissez signer le titulaire, ou faites inscrire un nouvel acte."
        ),
    ),
    (
        Rule.NOT_YET,
        lambda q, row, _v: row.starts_on > q.on,
        gettext_lazy("%(act)s ne prend effet que le %(start)s : attendez cette date."),
    ),
    (
        Rule.LAPSED,
        _lapsed,
        gettext_lazy(
            "%(act)s est devenu caduc : le mandat de la personne qui l’a donné, ou qu’il supplée, "
            "a pris fin. Le nouveau titulaire doit en prendre un autre."
        ),
    ),
    (
        Rule.NOT_VACANT,
        lambda _q, row, vacant: row.kind == AuthorityKind.INTERIM and not vacant,
        gettext_lazy("La fonction « %(office)s » a un titulaire : l’intérim a pris fin avec la vacance."),
    ),
    (
        Rule.UNPUBLISHED,
        _unpublished,
        gettext_lazy(
            "%(act)s n’est pas publié : une délégation ne vaut qu’à partir de sa publication. "
            "Inscrivez au registre où et quand il l’a été."
        ),
    ),
    (
        Rule.SCOPE,
        lambda _q, row, _v: not row.covers_contract_signature,
        gettext_lazy(
            "%(act)s ne couvre pas la signature des contrats (%(scope)s). Laissez signer le titulaire, "
            "ou demandez une délégation qui la couvre."
        ),
    ),
    (
        Rule.CONTRACT_KIND,
        lambda q, row, _v: bool(row.contract_kinds) and q.contract_kind not in row.contract_kinds,
        gettext_lazy("%(act)s ne couvre pas les contrats de cette nature. Laissez signer le titulaire."),
    ),
    (
        Rule.TERRITORY,
        lambda q, row, _v: bool(row.communes) and not set(q.communes) <= set(row.communes),
        gettext_lazy(
            "%(act)s ne couvre pas tout le périmètre du contrat (%(communes)s). Laissez signer le titulaire."
        ),
    ),
    (
        Rule.APART,
        lambda q, _row, _v: q.keeps_apart,
        gettext_lazy(
            "%(act)s ne vous permet pas de signer : le contrôle de légalité, que vous tenez, se tient à part "
            "de la négociation. Laissez signer le titulaire."
        ),
    ),
    (
        Rule.COOLING,
        lambda q, row, _v: row.may_sign_from is not None and row.may_sign_from > q.moment,
        gettext_lazy(
            "%(act)s vient d’être inscrit au registre : il permettra de signer à compter du %(moment)s. "
            "Laissez signer le titulaire d’ici là, ou attendez."
        ),
    ),
)
