"""What became of the organisations asked for, and when a preparation was last touched."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0015_calendar_and_councils'),
        ('stakeholders', '0019_no_circle_of_organisations'),
        ('workflow', '0027_draft_imports'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='organisationrequest',
            name='one_request_an_organisation',
        ),
        migrations.AddField(
            model_name='opening',
            name='changed_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='modifiée le'),
        ),
        migrations.AddField(
            model_name='organisationrequest',
            name='answer',
            field=models.CharField(blank=True, choices=[('created', 'créée'), ('existing', 'déjà connue'), ('refused', 'refusée')], max_length=10, verbose_name='réponse'),
        ),
        migrations.AddField(
            model_name='organisationrequest',
            name='answered_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='répondue le'),
        ),
        migrations.AddField(
            model_name='organisationrequest',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='organisationrequest',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stakeholders.organisation'),
        ),
        migrations.AddField(
            model_name='organisationrequest',
            name='word',
            field=models.TextField(blank=True, verbose_name='motif'),
        ),
        migrations.AddConstraint(
            model_name='organisationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('answer', 'refused'), _negated=True), fields=('contract', 'name'), name='one_request_an_organisation', violation_error_message='Cette organisation est déjà demandée.'),
        ),
        migrations.AddConstraint(
            model_name='organisationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None), ('organisation', None)), models.Q(('answer__in', ('created', 'existing')), ('answered_at__isnull', False), ('answered_by__isnull', False), ('organisation__isnull', False)), models.Q(models.Q(('word', ''), _negated=True), ('answer', 'refused'), ('answered_at__isnull', False), ('answered_by__isnull', False), ('organisation', None)), _connector='OR'), name='request_answered_whole'),
        ),
    ]
