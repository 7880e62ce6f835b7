"""Who: people, organisations and their offices; the register of who may sign; absences."""

from stakeholders.models.grants import Grant, GrantKind, GrantState
from stakeholders.models.organisations import (
    ROLE_POWERS,
    GroupPermissionRow,
    Mandate,
    Office,
    Organisation,
    OrganisationGroupPermission,
    Role,
)
from stakeholders.models.people import UndeletableError, User
from stakeholders.models.register import Absence, AuthorityKind, SigningAuthority

__all__ = [
    "ROLE_POWERS",
    "Absence",
    "AuthorityKind",
    "Grant",
    "GrantKind",
    "GrantState",
    "GroupPermissionRow",
    "Mandate",
    "Office",
    "Organisation",
    "OrganisationGroupPermission",
    "Role",
    "SigningAuthority",
    "UndeletableError",
    "User",
]
