"""Give the organisations that exist the article of their name, as a new one gets it."""

from django.db import migrations

from stakeholders.titles import article_of


def fill(apps, _schema_editor):
    organisations = apps.get_model("stakeholders", "Organisation").objects.filter(article="")
    found = []
    for organisation in organisations.only("pk", "name"):
        organisation.article = article_of(organisation.name).value
        if organisation.article:
            found.append(organisation)
    organisations.bulk_update(found, ["article"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0016_organisations_by_number_first_code")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
