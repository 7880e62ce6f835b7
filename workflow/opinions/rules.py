"""Who is due, what was said, what a reason is owed for: pure predicates, no writes, no request."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.annexes import changed as changed_annexes
from contracts.canonical import Content, changed_leads, content_of
from contracts.models import Contract, ContractVersion, Part
from stakeholders.models import Organisation, User
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_for_each
from workflow.engine import purposes
from workflow.engine.by_key import process_of
from workflow.engine.tasks import done_by, serving, tasks
from workflow.opinions.models import OWES_NO_REASON, Approval, Opinion
from workflow.record.answers import Asked
from workflow.record.models import Event
from workflow.record.values import BLOCKING_OPINIONS
from workflow.standing.parties import pilots


def due_reviewers(contract: Contract, version: ContractVersion) -> list[Organisation]:
    """Return who owes an opinion on this version: nobody once it is recalled."""
    return [] if version.recalls.exists() else _due(contract, version.content)


def would_be_asked(contract: Contract) -> list[Asked]:
    """Return who would owe an opinion and why, were the draft frozen as it stands; then who would not."""
    return _asked(contract, content_of(contract))


def _due(contract: Contract, content: Content) -> list[Organisation]:
    """Return who owes an opinion on this content.

    Everybody on the first round. Later, those who never gave one, those who asked for
    changes, those who lead a commitment that differs from the text of their last opinion, and everybody
    whose opinion was on other annexes: they are nobody's in particular.
    """
    return [asked.organisation for asked in _asked(contract, content) if asked.is_due]


def _asked(contract: Contract, content: Content) -> list[Asked]:
    reviewers = contract.participations.filter(part=Part.REVIEWER).select_related("organisation__group")
    last = {
        opinion.organisation_id: opinion
        for opinion in Opinion.objects.filter(version__contract=contract)
        .select_related("version")
        .order_by("version__number")
    }
    found = [_why(row.organisation, last.get(row.organisation_id), content) for row in reviewers]
    return sorted(found, key=lambda asked: not asked.is_due)


def _why(organisation: Organisation, last: Opinion | None, content: Content) -> Asked:
    """Say why an organisation owes an opinion on a content, or why it owes none."""
    if last is None:
        return Asked(organisation, True, _("n’a pas encore rendu d’avis"))
    words = {"version": last.version.number, "opinion": last.get_value_display().lower()}
    if last.is_blocking:
        return Asked(organisation, True, _("avis sur la version %(version)s : %(opinion)s") % words)
    if organisation.pk in changed_leads(last.version.content, content):
        said = _(
            "un engagement dont elle est responsable a changé depuis son avis sur la version %(version)s"
        )
        return Asked(organisation, True, said % words)
    if annexes := changed_annexes(last.version.content, content):
        return Asked(organisation, True, _of_annexes(len(annexes)) % {**words, "title": annexes[0]["title"]})
    return Asked(organisation, False, _("avis sur la version %(version)s : %(opinion)s") % words)


def _of_annexes(count: int) -> str:
    return ngettext(
        "une annexe a changé depuis son avis sur la version %(version)s : « %(title)s »",
        "des annexes ont changé depuis son avis sur la version %(version)s, dont « %(title)s »",
        count,
    )


def reason_is_owed(value: str) -> bool:
    """Whether an opinion of this value must say why: anything but favourable."""
    return value != OWES_NO_REASON


def changes_are_asked(version: ContractVersion) -> bool:
    """Whether the text goes back to drafting after its reviews."""
    return (
        version.recalls.exists()
        or Opinion.objects.filter(version=version, value__in=BLOCKING_OPINIONS).exists()
    )


def is_sent_back(version: ContractVersion) -> bool:
    """Whether a party refused to approve, or the pilots took the version back."""
    return version.recalls.exists() or version.approvals.filter(approved=False).exists()


@asked_for_each
def approvals_of(versions: list[ContractVersion]) -> dict[ContractVersion, list[Approval]]:
    """Return what the two parties said of each version, from first to last."""
    found: dict[int, list[Approval]] = {}
    for row in _APPROVALS.rows([version.pk for version in versions]):
        found.setdefault(row.version_id, []).append(row)
    return {version: found.get(version.pk, []) for version in versions}


_APPROVALS: Prepared[Approval] = Prepared(
    lambda versions: Approval.objects.filter(version__among=versions).select_related(
        "organisation", "author"
    ),
    [MARKER],
)


def approved_by_all(contract: Contract, version: ContractVersion) -> bool:
    """Whether both parties approved these exact bytes."""
    approvals = {
        approval.organisation_id: approval.pdf_sha256 == version.pdf_sha256 and approval.approved
        for approval in approvals_of(version)
    }
    return all(approvals.get(organisation.pk, False) for organisation in pilots(contract))


def why_not_approve(user: User, version: ContractVersion) -> str:
    """Return why this person may not approve this version, or nothing: nobody approves what they wrote."""
    previous = version.contract.versions.filter(number=version.number - 1).first()
    drafting = serving(process_of(version.contract_id), purposes.DRAFT)
    wrote = tasks(drafting, done_by(user, until=version.frozen_at))
    changed = Event.objects.filter(
        contract=version.contract_id, kind="draft_changed", actor=user, at__lte=version.frozen_at
    )
    if previous is not None:
        wrote = wrote.filter(finished__gt=previous.frozen_at)
        changed = changed.filter(at__gt=previous.frozen_at)
    if version.frozen_by_id != user.pk and not wrote.exists() and not changed.exists():
        return ""
    return _(
        "Vous avez rédigé, modifié ou figé cette version : une autre personne de votre organisation "
        "doit l’approuver."
    )
