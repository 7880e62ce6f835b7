"""A resolution is recorded as it comes: four outcomes, and days that are filled in once each."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION workflow_stages_are_filled_in_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.published_on IS NOT NULL AND NEW.published_on IS DISTINCT FROM OLD.published_on)
       OR (OLD.transmitted_on IS NOT NULL AND NEW.transmitted_on IS DISTINCT FROM OLD.transmitted_on)
       OR (OLD.received_on IS NOT NULL AND NEW.received_on IS DISTINCT FROM OLD.received_on) THEN
        RAISE EXCEPTION 'Une étape enregistrée d''une délibération ne se modifie pas.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflow_stages_are_filled_in_once BEFORE UPDATE ON workflow_councilresolution
    FOR EACH ROW EXECUTE FUNCTION workflow_stages_are_filled_in_once();
"""
BACKWARD = """
DROP TRIGGER workflow_stages_are_filled_in_once ON workflow_councilresolution;
DROP FUNCTION workflow_stages_are_filled_in_once();
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0014_sent_forms_and_lost_jobs")]

    operations = [
        migrations.RemoveConstraint("councilresolution", "one_resolution_a_version"),
        migrations.RemoveConstraint("councilresolution", "adopted_resolution_is_enforceable"),
        migrations.AddField(
            "councilresolution",
            "outcome",
            models.CharField(
                choices=[
                    ("adopted", "adoptée"),
                    ("amended", "adoptée avec modifications"),
                    ("adjourned", "ajournée"),
                    ("rejected", "rejetée"),
                ],
                default="adopted",
                max_length=12,
                verbose_name="décision du conseil",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE workflow_councilresolution SET outcome = 'rejected' WHERE NOT adopted",
            "UPDATE workflow_councilresolution SET adopted = (outcome = 'adopted')",
        ),
        migrations.RemoveField("councilresolution", "adopted"),
        migrations.AddField(
            "councilresolution",
            "not_voting",
            models.PositiveSmallIntegerField(default=0, verbose_name="ne prennent pas part au vote"),
        ),
        migrations.AlterField(
            "councilresolution",
            "number",
            models.CharField(blank=True, max_length=60, verbose_name="numéro de la délibération"),
        ),
        migrations.AddConstraint(
            model_name='councilresolution',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', 'adjourned'), _negated=True), fields=('version',), name='one_resolution_a_version'),
        ),
        migrations.AddConstraint(
            model_name='councilresolution',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['adopted', 'amended', 'adjourned', 'rejected'])), name='resolution_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='councilresolution',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'adjourned'), models.Q(('number', ''), _negated=True), _connector='OR'), name='resolution_has_its_number', violation_error_message='Donnez le numéro de la délibération.'),
        ),
        migrations.AddConstraint(
            model_name='councilresolution',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'rejected'), models.Q(('published_on__gte', models.F('session_on')), ('transmitted_on__gte', models.F('session_on')), ('received_on__gte', models.F('transmitted_on')), models.Q(('received_on', None), ('transmitted_on__isnull', False), _connector='OR')), _connector='OR'), name='stages_of_a_resolution_in_order', violation_error_message='Une délibération est votée, puis publiée et transmise à la préfecture, qui en accuse réception : ces dates se suivent dans cet ordre.'),
        ),
        migrations.AddConstraint(
            model_name='councilresolution',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['amended', 'rejected']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='resolution_sent_back_says_why', violation_error_message='Dites pourquoi le conseil a rejeté le texte, ou quelles modifications il a votées : les pilotes les liront.'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
