"""The texts of the public pages, by the platform's administrators; each is kept, and journaled."""

from __future__ import annotations

import hashlib

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from stakeholders.models import User
from workflow.platform.models import PageText, PublicPage
from workflow.record import journal
from workflow.record.refusals import Locked, NotAllowed


def last(page: str) -> PageText | None:
    """Return the text that a page shows, or None where nobody has written one."""
    return PageText.objects.filter(page=page).select_related("author").first()


def write(actor: User, page: PublicPage, text: str, *, seen: int) -> PageText | None:
    """Put a text on a page; ``seen`` is the number of the one that its author read, 0 for none.

    Returns None where nothing changes. Raises Locked where somebody wrote another meanwhile.
    """
    if not actor.acts_for_platform:
        raise NotAllowed
    current = last(page)
    if seen != (current.number if current else 0):
        raise Locked(_changed())
    if text == (current.text if current else ""):
        return None
    try:
        return _written(actor, page, text, seen + 1)
    except IntegrityError as error:  # at this very moment
        raise Locked(_changed()) from error


@transaction.atomic
def _written(actor: User, page: PublicPage, text: str, number: int) -> PageText:
    written = PageText.objects.create(page=page, number=number, text=text, author=actor)
    journal.record(
        "page_written",
        contract=None,
        actor=actor,
        quality=_("administration de la plateforme"),
        payload={
            "page": page.value,
            "name": str(page.label),
            "number": number,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
    )
    return written


def _changed() -> str:
    return _(
        "Quelqu’un a modifié cette page pendant que vous écriviez : son texte est ci-dessous, le vôtre est "
        "resté dans le champ. Reprenez ce qui doit l’être, puis enregistrez."
    )
