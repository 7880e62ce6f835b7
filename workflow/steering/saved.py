"""The filters that somebody keeps: theirs alone, some twenty at most, one of them by default."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from stakeholders.models import User
from workflow.steering.filters import Chosen
from workflow.steering.models import SavedFilter

KEPT_AT_MOST = 20  # a person


class TooMany(Exception):
    """Somebody keeps as many filters as they may; says in French what to do."""

    def __init__(self) -> None:
        super().__init__(
            _("Vous avez déjà %(most)s filtres : supprimez-en un d’abord.") % {"most": KEPT_AT_MOST}
        )


@transaction.atomic
def keep(person: User, name: str, chosen: Chosen, *, default: bool) -> SavedFilter:
    """Keep what is sought under a name; one of that name is replaced. Raises TooMany."""
    held = {one.name: one for one in _locked(person)}
    if name not in held and len(held) >= KEPT_AT_MOST:
        raise TooMany
    if default:
        SavedFilter.objects.filter(person=person, default=True).update(default=False)
    row = held.get(name) or SavedFilter(person=person, name=name)
    row.query, row.default = chosen.query, default
    row.save()
    return row


@transaction.atomic
def make_default(row: SavedFilter, *, default: bool) -> None:
    """Have the page open with a filter, or with none."""
    _locked(row.person)
    SavedFilter.objects.filter(person=row.person_id, default=True).update(default=False)
    SavedFilter.objects.filter(pk=row.pk).update(default=default)


def _locked(person: User) -> list[SavedFilter]:
    """Return a person's filters, one change after another."""
    User.objects.select_for_update().only("pk").get(pk=person.pk)
    return list(SavedFilter.objects.filter(person=person))
