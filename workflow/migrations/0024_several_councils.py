"""A resolution says whose council's it is: a contract of several communes has one of each."""

import django.db.models.deletion
from django.db import migrations, models

# the triggers keep acts as they were said; this adds whose they are, which the mandate knew
FILL = """
ALTER TABLE workflow_councilresolution DISABLE TRIGGER USER;
UPDATE workflow_councilresolution AS resolution SET organisation_id = office.organisation_id
FROM stakeholders_mandate AS mandate JOIN stakeholders_office AS office ON office.id = mandate.office_id
WHERE mandate.id = resolution.mandate_id;
ALTER TABLE workflow_councilresolution ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("stakeholders", "0018_power_to_open"),
        ("workflow", "0023_opening_and_abandonment"),
    ]
    operations = [
        migrations.RemoveConstraint(model_name="councilresolution", name="one_resolution_a_version"),
        migrations.AddField(
            model_name="councilresolution",
            name="organisation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stakeholders.organisation",
                verbose_name="organisation du conseil",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="councilresolution",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stakeholders.organisation",
                verbose_name="organisation du conseil",
            ),
        ),
        migrations.AddConstraint(
            model_name="councilresolution",
            constraint=models.UniqueConstraint(
                fields=["version", "organisation"],
                condition=models.Q(("outcome", "adjourned"), _negated=True) & models.Q(("corrected_at", None)),
                name="one_resolution_a_version_and_council",
            ),
        ),
    ]
