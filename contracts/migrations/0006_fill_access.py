"""The rights that were granted before the access table was kept enter it."""

from django.db import migrations

FILL = """
INSERT INTO contracts_contractaccess (group_id, contract_id, ended)
SELECT granted.group_id, contract.id, contracts_has_ended(contract.status)
FROM contracts_contractgrouppermission AS granted
JOIN auth_permission AS permission
    ON permission.id = granted.permission_id AND permission.codename = 'view_contract'
JOIN contracts_contract AS contract ON contract.id = granted.content_object_id
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0005_access_is_kept")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
