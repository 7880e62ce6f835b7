"""What an organisation pilots is found along an index of its own, the newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0019_documents_by_hash")]
    operations = [
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                fields=["organisation", "-contract"],
                condition=models.Q(("part__in", ("state_pilot", "city_pilot"))),
                name="piloting",
            ),
        ),
    ]
