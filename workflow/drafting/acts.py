"""The pilots: change the draft, say that it is ready, freeze a version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts import canonical, differences, soundness
from contracts.models import Commitment, Contract, ContractVersion, Status, VersionAnnex, Volet
from stakeholders.models import Mandate, User
from workflow.drafting import readiness, rules
from workflow.drafting.models import DraftPrint
from workflow.engine import purposes
from workflow.engine.locks import locked
from workflow.record import events
from workflow.record.refusals import Invalid, Locked, NotAllowed
from workflow.standing.drafters import mandate_to_draft
from workflow.tasks.act import doing, entitled

FROZEN = gettext_lazy("Le texte est figé : il ne se modifie que lorsque le contrat revient en rédaction.")


def why_frozen(contract: Contract) -> str:
    """Return the sentence that says why the text does not change now."""
    if contract.status == Status.ABANDONED:
        return _("Ce contrat est abandonné : son texte ne change plus.")
    return str(FROZEN)


@dataclass(frozen=True)
class Drafting:
    """A draft held for one change, and by whose mandate."""

    contract: Contract
    mandate: Mandate

    @property
    def right(self) -> rules.DraftingRight:
        """The right by which the change is made."""
        return rules.right_of(self.mandate.office.organisation, self.contract)

    def check(self, row: Commitment | Volet | None) -> None:
        """Raise NotAllowed where this organisation may not change this part; ask before and after."""
        if refusal := rules.why_not_edit(self.right, row):
            raise NotAllowed(refusal)

    def check_arrange(self, row: Commitment | Volet) -> None:
        """Raise NotAllowed where this organisation may not move or delete this part."""
        if refusal := rules.why_not_arrange(self.right, row):
            raise NotAllowed(refusal)


@contextmanager
def changing_draft(user: User, contract_id: int) -> Iterator[Drafting]:
    """Open the draft for one change: the text cannot be frozen meanwhile.

    Raises NotAllowed, or Locked once the version is frozen.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_draft(user, contract))
        if contract.status != Status.DRAFTING:
            raise Locked(why_frozen(contract))
        yield Drafting(contract, mandate)
        events.publish(
            "draft_changed", contract, actor=user, organisation=mandate.office.organisation.short_name
        )


def submit_draft(user: User, task_id: int) -> None:
    """A pilot says that the draft is ready on their side."""
    with doing(user, task_id, purposes.DRAFT) as act:
        _check_soundness(act.contract, canonical.content_of(act.contract))
        act.tell("draft_submitted")
        act.complete()


class DraftMoved(Locked):
    """The draft is no longer what was shown; ``parts`` are those that changed, in words."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        super().__init__(
            _(
                "Le projet a été modifié depuis que vous avez ouvert cette page : rien n’a été figé. "
                "Relisez ce qui a changé, puis figez."
            )
        )


def freeze_version(
    user: User, task_id: int, *, label: str = "", shown: differences.Shown | None = None
) -> ContractVersion:
    """The city's pilot freezes the text: number, canonical content, SHA-256.

    ``shown`` is what the page showed: raises DraftMoved unless that is what is frozen.
    """
    with doing(user, task_id, purposes.FREEZE) as act:
        content = canonical.content_of(act.contract)
        if shown is not None and shown.digest != canonical.digest(content):
            raise DraftMoved(shown.moved(content))
        _check_soundness(act.contract, content)
        last = act.contract.latest_version
        version = ContractVersion.objects.create(
            contract=act.contract,
            number=last.number + 1 if last else 1,
            content=content,
            content_sha256=canonical.digest(content),
            frozen_at=timezone.now(),
            frozen_by=user,
            label=label,
        )
        # what keeps the files of its annexes named, whatever the draft becomes
        VersionAnnex.objects.bulk_create(
            VersionAnnex(version=version, number=row["number"], file_sha256=row["file"]["sha256"])
            for row in content["annexes"]
        )
        # it is no draft any more
        DraftPrint.objects.filter(contract=act.contract).update(printed="", pdf=b"")
        act.tell("version_frozen", version=version.number, content_sha256=version.content_sha256, label=label)
        act.complete()
    return version


def _check_soundness(contract: Contract, content: canonical.Content) -> None:
    """Refuse a text that nobody could quote, that could not be printed whole, or that binds nobody."""
    if faults := readiness.blocking(contract, content):
        raise Invalid(" ".join(fault.sentence for fault in faults[: soundness.SAID_AT_MOST]))
