"""Stop, with their names, where several people hold one office on the same days.

Which of them holds it is a fact that only an organisation's administrator knows: nothing is chosen here.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OVERLAPPING = """
    SELECT organisation.name, office.title, one.id, other.id, one.starts_on, other.starts_on,
           one_person.email, other_person.email
    FROM stakeholders_mandate one
    JOIN stakeholders_mandate other ON other.office_id = one.office_id AND other.id > one.id
    JOIN stakeholders_office office ON office.id = one.office_id
    JOIN stakeholders_organisation organisation ON organisation.id = office.organisation_id
    JOIN stakeholders_user one_person ON one_person.id = one.person_id
    JOIN stakeholders_user other_person ON other_person.id = other.person_id
    WHERE one.withdrawn_at IS NULL AND other.withdrawn_at IS NULL
      AND one.limited_type_id IS NOT DISTINCT FROM other.limited_type_id
      AND one.limited_id IS NOT DISTINCT FROM other.limited_id
      AND daterange(one.starts_on, one.ends_on, '[]') && daterange(other.starts_on, other.ends_on, '[]')
    ORDER BY organisation.name, office.title, one.id, other.id
"""


class SeveralHolders(RuntimeError):
    """An office has several holders on one day; the message names them and says what to do."""


def name_them(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Raise SeveralHolders when two mandates of one office share a day."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(OVERLAPPING)
        rows = cursor.fetchall()
    if not rows:
        return
    lines = [
        f"– {organisation}, {title} : mandat {one} ({one_email}, du {one_start:%d/%m/%Y}) "
        f"et mandat {other} ({other_email}, du {other_start:%d/%m/%Y})"
        for organisation, title, one, other, one_start, other_start, one_email, other_email in rows
    ]
    raise SeveralHolders(
        "Une fonction n’a plus qu’un titulaire par jour. Avec la version précédente, retirez ou "
        "datez le mandat qui n’a pas lieu d’être, puis relancez la mise à jour :\n" + "\n".join(lines)
    )


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0006_invitations")]

    operations = [migrations.RunPython(name_them, migrations.RunPython.noop, elidable=True)]
