"""The power to open a contract, and its rows for the organisations that were there before it."""

import django.contrib.postgres.fields
from django.db import migrations, models

OPEN = "open_for"
OPENING_KINDS = ["prefecture", "municipality"]


def give(apps, _editor):
    organisations = list(apps.get_model("stakeholders", "Organisation").objects.filter(kind__in=OPENING_KINDS))
    if not organisations:
        return
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="stakeholders", model="organisation"
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=OPEN, defaults={"name": "Open a contract for the organisation"}
    )
    rights = apps.get_model("stakeholders", "OrganisationGroupPermission").objects
    for organisation in organisations:
        rights.get_or_create(
            group_id=organisation.group_id, permission=permission, content_object=organisation
        )


class Migration(migrations.Migration):
    dependencies = [
        ("stakeholders", "0017_articles_of_names"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="organisation",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("open_for", "Open a contract for the organisation"),
                    ("draft_for", "Draft on behalf of the organisation"),
                    ("review_for", "Give the opinion of the organisation"),
                    ("approve_for", "Approve on behalf of the organisation"),
                    ("record_resolution_for", "Record a resolution of the organisation's council"),
                    ("sign_for", "Sign on behalf of the organisation"),
                ],
                "verbose_name": "organisation",
                "verbose_name_plural": "organisations",
            },
        ),
        migrations.AlterField(
            model_name="absence",
            name="powers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("view_contract", "view_contract"),
                        ("open_for", "open_for"),
                        ("draft_for", "draft_for"),
                        ("review_for", "review_for"),
                        ("approve_for", "approve_for"),
                        ("record_resolution_for", "record_resolution_for"),
                        ("sign_for", "sign_for"),
                    ],
                    max_length=40,
                ),
                size=None,
                verbose_name="actes confiés",
            ),
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
