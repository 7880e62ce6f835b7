"""The shared diagnostic; what was sent of it stays as it was."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import workflow.diagnostic.models

FORWARD = """
CREATE FUNCTION workflow_sent_diagnostic_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sent_at IS NOT NULL THEN
        RAISE EXCEPTION 'Ce qui est transmis au diagnostic ne se modifie plus.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION workflow_part_of_sent_diagnostic_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint[] := ARRAY[]::bigint[];
BEGIN
    IF TG_OP <> 'INSERT' THEN whole := whole || OLD.contribution_id; END IF;
    IF TG_OP <> 'DELETE' THEN whole := whole || NEW.contribution_id; END IF;
    IF EXISTS (SELECT FROM workflow_contribution WHERE id = ANY (whole) AND sent_at IS NOT NULL) THEN
        RAISE EXCEPTION 'Ce qui est transmis au diagnostic ne se modifie plus.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER workflow_sent_contribution_stays BEFORE UPDATE OR DELETE ON workflow_contribution
    FOR EACH ROW EXECUTE FUNCTION workflow_sent_diagnostic_stays();
CREATE TRIGGER workflow_sent_synthesis_stays BEFORE UPDATE OR DELETE ON workflow_synthesis
    FOR EACH ROW EXECUTE FUNCTION workflow_sent_diagnostic_stays();
CREATE TRIGGER workflow_sent_figure_stays BEFORE INSERT OR UPDATE OR DELETE ON workflow_diagnosticfigure
    FOR EACH ROW EXECUTE FUNCTION workflow_part_of_sent_diagnostic_stays();
CREATE TRIGGER workflow_sent_file_stays BEFORE INSERT OR UPDATE OR DELETE ON workflow_diagnosticfile
    FOR EACH ROW EXECUTE FUNCTION workflow_part_of_sent_diagnostic_stays();
"""
BACKWARD = """
DROP TRIGGER workflow_sent_file_stays ON workflow_diagnosticfile;
DROP TRIGGER workflow_sent_figure_stays ON workflow_diagnosticfigure;
DROP TRIGGER workflow_sent_synthesis_stays ON workflow_synthesis;
DROP TRIGGER workflow_sent_contribution_stays ON workflow_contribution;
DROP FUNCTION workflow_part_of_sent_diagnostic_stays();
DROP FUNCTION workflow_sent_diagnostic_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0010_with_diagnostic'),
        ('stakeholders', '0014_kind_coordination'),
        ('workflow', '0020_unsent_forms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Contribution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quality', models.CharField(blank=True, max_length=600, verbose_name='en qualité de')),
                ('text', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='texte')),
                ('revision', models.PositiveIntegerField(default=0, verbose_name='révision')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='transmise le')),
                ('missing', models.BooleanField(default=False, verbose_name='carence constatée')),
                ('reason', models.TextField(blank=True, verbose_name='motif')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contributions', to='contracts.contract')),
                ('mandate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.mandate', verbose_name='mandat')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation')),
            ],
            options={
                'verbose_name': 'contribution au diagnostic',
                'verbose_name_plural': 'contributions au diagnostic',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='DiagnosticFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=200, verbose_name='ce qui est compté')),
                ('value', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='valeur')),
                ('unit', models.CharField(blank=True, max_length=60, verbose_name='unité')),
                ('year', models.PositiveSmallIntegerField(validators=[workflow.diagnostic.models.plausible_year], verbose_name='année')),
                ('source', models.CharField(max_length=200, verbose_name='source')),
                ('contribution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='workflow.contribution')),
            ],
            options={
                'verbose_name': 'chiffre du diagnostic',
                'verbose_name_plural': 'chiffres du diagnostic',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='DiagnosticFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='titre')),
                ('document_sha256', models.CharField(max_length=64, verbose_name='empreinte du fichier')),
                ('contribution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='workflow.contribution')),
            ],
            options={
                'verbose_name': 'fichier du diagnostic',
                'verbose_name_plural': 'fichiers du diagnostic',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Synthesis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quality', models.CharField(blank=True, max_length=600, verbose_name='en qualité de')),
                ('text', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='texte')),
                ('revision', models.PositiveIntegerField(default=0, verbose_name='révision')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='transmise le')),
                ('number', models.PositiveSmallIntegerField(verbose_name='numéro')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='syntheses', to='contracts.contract')),
                ('mandate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.mandate', verbose_name='mandat')),
            ],
            options={
                'verbose_name': 'synthèse du diagnostic',
                'verbose_name_plural': 'synthèses du diagnostic',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='SynthesisAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quality', models.CharField(blank=True, max_length=600, verbose_name='en qualité de')),
                ('accepted', models.BooleanField(verbose_name='validée')),
                ('reason', models.TextField(blank=True, verbose_name='motif')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('mandate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.mandate', verbose_name='mandat')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation')),
                ('synthesis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='workflow.synthesis')),
            ],
            options={
                'verbose_name': 'réponse à la synthèse',
                'verbose_name_plural': 'réponses à la synthèse',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='contribution',
            constraint=models.UniqueConstraint(fields=('contract', 'organisation'), name='one_contribution_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='contribution',
            constraint=models.CheckConstraint(condition=models.Q(('missing', False), models.Q(('reason', ''), _negated=True), _connector='OR'), name='missing_contribution_says_why', violation_error_message='Dites pourquoi la contribution manque : tous les participants le liront.'),
        ),
        migrations.AddConstraint(
            model_name='synthesis',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='one_synthesis_a_number'),
        ),
        migrations.AddConstraint(
            model_name='synthesis',
            constraint=models.UniqueConstraint(condition=models.Q(('sent_at', None)), fields=('contract',), name='one_synthesis_being_written'),
        ),
        migrations.AddConstraint(
            model_name='synthesisanswer',
            constraint=models.UniqueConstraint(fields=('synthesis', 'organisation'), name='one_answer_a_synthesis'),
        ),
        migrations.AddConstraint(
            model_name='synthesisanswer',
            constraint=models.CheckConstraint(condition=models.Q(('accepted', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='returned_synthesis_says_why', violation_error_message='Dites ce qui est à revoir dans la synthèse.'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
