"""Who: people, organisations and their offices; the register of who may sign; absences."""

from stakeholders.models.people import (
    ROLE_POWERS,
    GroupPermissionRow,
    Mandate,
    Office,
    Organisation,
    OrganisationGroupPermission,
    Role,
    UndeletableError,
    User,
)
from stakeholders.models.register import Absence, AuthorityKind, SigningAuthority

__all__ = [
    "ROLE_POWERS",
    "Absence",
    "AuthorityKind",
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
