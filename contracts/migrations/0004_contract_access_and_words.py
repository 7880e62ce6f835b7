"""What lists read: a narrow table of who sees what, and the words that a search looks into.

The table is filled and kept by the next migration. No extension is needed (the embedded
PostgreSQL has neither pg_trgm nor unaccent): the words are folded to unaccented lower-case
letters and digits, as contracts/words.py folds what is searched for.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

WORDS = r"""
CREATE FUNCTION contracts_words(reference text, title text, territory text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN array_to_tsvector(string_to_array(trim(
    regexp_replace(
        lower(regexp_replace(
            normalize(
                replace(replace(replace(replace(
                    coalesce(reference, '') || ' ' || coalesce(title, '') || ' ' || coalesce(territory, ''),
                    'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'),
                NFKD),
            '[\u0300-\u036f]', '', 'g')),
        '[^a-z0-9]+', ' ', 'g')
    ), ' '));
"""
NO_WORDS = "DROP FUNCTION contracts_words(text, text, text);"


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contracts', '0003_kind'),
    ]

    operations = [
        migrations.RunSQL(WORDS, NO_WORDS),
        migrations.CreateModel(
            name='ContractAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ended', models.BooleanField()),
            ],
            options={
                'verbose_name': 'accès à un contrat',
                'verbose_name_plural': 'accès aux contrats',
            },
        ),
        migrations.AddField(
            model_name='contract',
            name='words',
            field=models.GeneratedField(db_persist=True, expression=models.Func('reference', 'title', 'territory', function='contracts_words'), output_field=django.contrib.postgres.search.SearchVectorField()),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=django.contrib.postgres.indexes.GinIndex(fields=['words'], name='contract_words'),
        ),
        migrations.AddField(
            model_name='contractaccess',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='contractaccess',
            name='group',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth.group'),
        ),
        migrations.AddIndex(
            model_name='contractaccess',
            index=models.Index(fields=['group', 'ended', 'contract'], name='access_by_ended'),
        ),
        migrations.AddConstraint(
            model_name='contractaccess',
            constraint=models.UniqueConstraint(fields=('group', 'contract'), name='one_access_a_group'),
        ),
    ]
