"""A place that names a former holder stays closed until the pilots have said that they accept it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contracts.models import ContractVersion, Signatory
from stakeholders.reading import asked_once
from stakeholders.wording import figures
from workflow.signing.models import AcceptedHolder
from workflow.standing.holders import Changed, changed_since


@dataclass(frozen=True)
class Difference:
    """A place whose printed name is no longer the holder's, and how the pilots accepted it, if they did."""

    changed: Changed
    accepted: AcceptedHolder | None

    @property
    def signatory(self) -> Signatory:
        """The place."""
        return self.changed.signatory

    @property
    def sentence(self) -> str:
        """Say the difference; then what opens the signature, or who accepted it and why."""
        if self.accepted is None:
            return f"{self.changed.sentence} {what_to_do()}"
        return f"{self.changed.sentence} {self.accepted.sentence}"


def what_to_do() -> str:
    """Say what opens the signature."""
    return _(
        "La signature s’ouvrira quand l’un des pilotes aura accepté cette différence en disant pourquoi ; "
        "sinon, la version doit être retirée."
    )


@asked_once
def differences(version: ContractVersion) -> list[Difference]:
    """Return the places of a version that name a former holder, accepted or not, signed or not."""
    changed = changed_since(version)
    if not changed:
        return []
    rows = AcceptedHolder.objects.filter(version=version).select_related("mandate__office__organisation")
    by_facts = {(row.signatory_id, row.printed, row.holder): row for row in rows}
    return [
        Difference(one, by_facts.get((one.signatory.pk, one.printed, one.holder_name))) for one in changed
    ]


def difference_at(signatory: Signatory, version: ContractVersion) -> Difference | None:
    """Return the difference of one place, or None where the text names its holder."""
    return next((one for one in differences(version) if one.signatory == signatory), None)


def why_not_sign(signatory: Signatory, version: ContractVersion) -> str:
    """Return the sentence that keeps the place closed, or nothing."""
    found = difference_at(signatory, version)
    return found.sentence if found is not None and found.accepted is None else ""


def stamp_lines(signatory: Signatory, version: ContractVersion) -> list[str]:
    """Return what the stamp says of a difference that was accepted, in French as the contract is."""
    found = difference_at(signatory, version)
    if found is None or found.accepted is None:
        return []
    words = {
        "printed": found.changed.printed,
        "holder": found.changed.holder_name,
        "day": figures(timezone.localdate(found.accepted.at)),
        "reason": found.accepted.reason,
    }
    with translation.override("fr"):
        if not found.changed.holder:
            return [
                _("Le contrat nomme %(printed)s ; fonction vacante. Accepté le %(day)s : %(reason)s") % words
            ]
        return [
            _("Le contrat nomme %(printed)s ; titulaire : %(holder)s. Accepté le %(day)s : %(reason)s")
            % words
        ]
