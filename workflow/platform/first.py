"""The first administrator of an empty platform: by the console's code, once."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders import first_code
from stakeholders.first_code import FirstCode
from stakeholders.models import User
from workflow.record import journal
from workflow.record.refusals import Invalid, Locked


@transaction.atomic
def draw() -> str:
    """Draw the code that the console shows; raises Locked once the platform has an administrator."""
    if not first_code.is_awaited():
        raise Locked(too_late())
    code = first_code.draw()
    journal.record("first_code_drawn", contract=None, actor=None)
    return code


def found(code_id: int, *, email: str, civility: str, first_name: str, last_name: str, password: str) -> User:
    """Make the platform's first administrator, and have the code serve no more.

    ``code_id`` is what :func:`stakeholders.first_code.try_code` returned. Raises Locked where the code
    died meanwhile, or somebody came first; Invalid for an address that has an account.
    """
    hashed = make_password(password)  # slow: before the lock
    with transaction.atomic():
        code = first_code.current(lock=True)
        if not first_code.is_awaited():
            raise Locked(too_late())
        if code is None or code.pk != code_id:
            raise Locked(
                _("Ce code ne sert plus : un autre a été demandé depuis. Recommencez avec celui-là.")
            )
        person = User(
            email=User.objects.normalize_email(email),
            civility=civility,
            first_name=first_name,
            last_name=last_name,
            password=hashed,
            is_staff=True,
            is_superuser=True,
        )
        try:
            person.full_clean()
        except ValidationError as error:
            raise Invalid(" ".join(error.messages), "email") from error
        person.save(force_insert=True)
        FirstCode.objects.filter(pk=code.pk).update(used_at=timezone.now(), used_by=person)
        journal.record("platform_founded", contract=None, actor=person, payload={"person": person.pk})
        return person


def too_late() -> str:
    """Say that there is an administrator already."""
    return _("La plateforme a déjà un administrateur : connectez-vous, ou demandez-lui un accès.")
