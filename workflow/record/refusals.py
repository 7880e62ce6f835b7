"""Why an act is refused: types with facts, and a sentence that says what to do."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _


class ActRefused(Exception):
    """An act that cannot be done; ``status`` is the HTTP status that says the same."""

    status = 409

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotAllowed(ActRefused):
    """The person holds no mandate for this act today."""

    status = 403

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or _(
                "Vos fonctions ne vous permettent pas d’accomplir cet acte aujourd’hui. "
                "Si vous pensez que c’est une erreur, adressez-vous au pilote du contrat."
            )
        )


class AlreadyDone(ActRefused):
    """The task is closed: somebody did it, or the round is over."""

    def __init__(self, done_by: str = "", *, why: str = "") -> None:
        self.done_by = done_by
        detail = _("par %(person)s") % {"person": done_by} if done_by else _("entre-temps")
        done = _("Cette tâche a déjà été traitée %(detail)s : rien d’autre n’est attendu de vous ici.")
        super().__init__(why or done % {"detail": detail})


class NewVersion(ActRefused):
    """The form speaks of an older text than the one that awaits the act.

    ``successor`` is the primary key of the task on the new text, when there is one.
    """

    def __init__(self, successor: int | None) -> None:
        self.successor = successor
        again = _(
            "Une nouvelle version a été figée depuis que vous avez ouvert cette page. "
            "Relisez-la : ce que vous aviez écrit est conservé ci-dessous."
        )
        ended = _("Une nouvelle version a été figée : cette demande n’a plus d’objet.")
        super().__init__(again if successor is not None else ended)


class Locked(ActRefused):
    """A gate is closed; the message says which and what opens it."""


class TooMany(Locked):
    """Too many in too short a time; ``until`` is when it may be tried again."""

    status = 429

    def __init__(self, message: str, until: dt.datetime) -> None:
        self.until = until
        super().__init__(message)


class Invalid(ActRefused):
    """What was entered cannot be accepted; ``field`` names where."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)
