#!/usr/bin/env python
"""Django's command line, with the project's settings."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege, UndefinedColumn, UndefinedTable

from config.database import RolesUnfit

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (reads the settings, whatever the command)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn | InsufficientPrivilege):
            raise
        sys.exit(
            "La base de données n’est pas préparée pour cette version : "
            "lancez « python manage.py migrate », puis recommencez."
        )
    except RolesUnfit as error:
        sys.exit(str(error))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None):  # the server answered: not a matter of reaching it
            raise
        sys.exit(f"La base de données ne répond pas ou ne peut pas servir : {error}".rstrip())
