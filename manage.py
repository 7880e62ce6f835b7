#!/usr/bin/env python
"""Django's command line, with the project's settings."""

import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError
from psycopg.errors import DiskFull, InsufficientPrivilege, UndefinedColumn, UndefinedTable

from config.database import DatabaseUnavailable, RolesUnfit
from config.loading import loading
from config.premises import of_disk

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with loading():
            settings.INSTALLED_APPS  # noqa: B018 (reads the settings, whatever the command)
            django.setup()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn | InsufficientPrivilege):
            raise
        command = "./run manage migrate" if settings.DEMONSTRATION else "python manage.py migrate"
        sys.exit(
            "La base de données n’est pas préparée pour cette version : "
            f"lancez « {command} », puis recommencez."
        )
    except (RolesUnfit, DatabaseUnavailable) as error:
        sys.exit(str(error))
    except OSError as error:
        if not (said := of_disk(error)):
            raise
        sys.exit(said)
    except OperationalError as error:
        if isinstance(error.__cause__, DiskFull):
            sys.exit("Le disque de la base de données est plein : libérez de la place, puis recommencez.")
        if getattr(error.__cause__, "sqlstate", None):  # the server answered: not a matter of reaching it
            raise
        sys.exit(f"La base de données ne répond pas ou ne peut pas servir : {error}".rstrip())
