"""« Listes de confiance »: what the installation knows of those of the Union, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from signatures.lists.models import ListTrial
from signatures.lists.sentences import day, refusal
from signatures.lists.standing import Standing, State, standings
from workflow.platform.door import for_platform
from workflow.tasks.answers import Request


@dataclass(frozen=True)
class Row:
    """One list on the page: where it stands, and what its last try says if it was refused."""

    standing: Standing

    @property
    def title(self) -> str:
        """Name the list."""
        if self.standing.is_lotl:
            return _("Liste européenne des listes")
        return _("Liste de confiance du territoire %(territory)s") % {"territory": self.standing.territory}

    @property
    def mark(self) -> str:
        """Return how its state looks (theme.css)."""
        return "done" if self.standing.state == State.IN_FORCE else "late"

    @property
    def state(self) -> str:
        """Say its state in a word or two."""
        return {
            State.IN_FORCE: _("en vigueur"),
            State.STALE: _("périmée"),
            State.MISSING: _("absente"),
            State.DISOWNED: _("plus reconnue"),
        }[self.standing.state]

    @property
    def consequence(self) -> str:
        """Say what follows from its state, and what to do."""
        if self.standing.state == State.IN_FORCE:
            return ""
        return {
            State.STALE: _(
                "La date de sa mise à jour est passée : aucune clé n’est plus tenue pour qualifiée d’après "
                "elle. Ce qui a été signé avant cette date le reste. Il faut une édition plus récente."
            ),
            State.MISSING: _(
                "Aucune édition n’est connue : aucune clé n’est tenue pour qualifiée d’après elle."
            ),
            State.DISOWNED: _(
                "Le certificat qui l’a signée n’est plus de ceux qui la signent : rien n’en est déduit. Il "
                "faut une édition plus récente."
            ),
        }[self.standing.state]

    @property
    def way(self) -> str:
        """Say by how many pivots its signers are known, or nothing where the anchors name them."""
        followed = self.standing.pivots
        if not followed:
            return ""
        said = ngettext(
            "Ses signataires sont connus par un pivot, le n° %(sequence)s, publié le %(issued)s.",
            "Ses signataires sont connus par %(count)s pivots, dont le dernier, n° %(sequence)s, "
            "publié le %(issued)s.",
            len(followed),
        )
        last = followed[-1]
        return said % {
            "count": len(followed),
            "sequence": last.sequence,
            "issued": day(last.issued_at.isoformat()),
        }

    @property
    def refused(self) -> str:
        """Say why the last one that was brought was not accepted, or nothing."""
        trial = self.standing.trial
        if trial is None or trial.outcome != ListTrial.Outcome.REFUSED:
            return ""
        return refusal(trial.why, trial.facts)


@require_safe
@for_platform
def trusted_lists(request: Request) -> HttpResponse:
    """Each list, its dates, its state; the last that was refused, and why."""
    context = {
        "rows": [Row(one) for one in standings()],
        "fetched": settings.TRUSTED_LISTS_FETCHED,
        "hosts": ", ".join(settings.TRUSTED_LIST_HOSTS),
    }
    return render(request, "platform/trusted_lists.html", context)
