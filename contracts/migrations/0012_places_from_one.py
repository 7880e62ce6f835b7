"""Places run from 1 without a gap: commitments in their volet, volets in their contract, in their order of before.

Frozen versions keep the numbers that they were frozen with.
"""

from django.db import migrations

FORWARD = """
UPDATE contracts_volet AS one SET "order" = placed.place FROM (
    SELECT id, row_number() OVER (PARTITION BY contract_id ORDER BY "order", id) AS place
    FROM contracts_volet
) AS placed WHERE placed.id = one.id AND one."order" <> placed.place;
UPDATE contracts_commitment AS one SET "order" = placed.place FROM (
    SELECT id, row_number() OVER (PARTITION BY volet_id ORDER BY "order", id) AS place
    FROM contracts_commitment
) AS placed WHERE placed.id = one.id AND one."order" <> placed.place;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0011_numbers_are_not_typed")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
