"""The access table against guardian's rows and the contracts' statuses: what differs, and the repair.

The database keeps them equal by itself (migration 0005). They can still part where its
triggers did not run: a restore that switched them off, a hand in the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

RIGHTS = """
    SELECT granted.group_id, contract.id AS contract_id, contracts_has_ended(contract.status) AS ended
    FROM contracts_contractgrouppermission AS granted
    JOIN auth_permission AS permission
        ON permission.id = granted.permission_id AND permission.codename = 'view_contract'
    JOIN contracts_contract AS contract ON contract.id = granted.content_object_id
"""
DIFFERENCES = f"""
    SELECT CASE WHEN access.id IS NULL THEN 'missing'
                WHEN rights.group_id IS NULL THEN 'surplus'
                ELSE 'outdated' END,
           COALESCE(organisation.short_name, team.name), contract.reference
    FROM ({RIGHTS}) AS rights
    FULL JOIN contracts_contractaccess AS access USING (group_id, contract_id)
    JOIN auth_group AS team ON team.id = group_id
    LEFT JOIN stakeholders_organisation AS organisation USING (group_id)
    JOIN contracts_contract AS contract ON contract.id = contract_id
    WHERE rights.ended IS DISTINCT FROM access.ended
    ORDER BY 3, 2
"""  # noqa: S608 (constants only)
LOCK = "LOCK TABLE contracts_contractgrouppermission, contracts_contractaccess IN SHARE ROW EXCLUSIVE MODE"
REPAIR = (
    f"""DELETE FROM contracts_contractaccess AS access WHERE NOT EXISTS (
        SELECT 1 FROM ({RIGHTS}) AS rights
        WHERE rights.group_id = access.group_id AND rights.contract_id = access.contract_id)""",  # noqa: S608
    f"""INSERT INTO contracts_contractaccess (group_id, contract_id, ended) {RIGHTS}
        ON CONFLICT (group_id, contract_id) DO UPDATE SET ended = EXCLUDED.ended
        WHERE contracts_contractaccess.ended <> EXCLUDED.ended""",
)


class Fault(TextChoices):
    """How a row of the access table differs from the right it stands for."""

    MISSING = "missing", _("absent des listes")
    SURPLUS = "surplus", _("dans les listes sans en avoir le droit")
    OUTDATED = "outdated", _("rangé dans la mauvaise corbeille")


@dataclass(frozen=True)
class Difference:
    """One organisation and one contract about which the two tables do not agree."""

    fault: Fault
    organisation: str
    contract: str


def differences() -> list[Difference]:
    """Return all that differs, by contract then organisation; empty when the two agree."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES)
        return [Difference(Fault(fault), name, reference) for fault, name, reference in cursor.fetchall()]


@transaction.atomic
def repair() -> list[Difference]:
    """Make the access table what guardian's rows say; return what differed.

    Nobody is granted or loses a right meanwhile: both tables are locked against writing.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        found = differences()
        for statement in REPAIR:
            cursor.execute(statement)
    return found
