"""A process that serves has loaded what its first page or push would wait for, and asked nothing for it."""

from __future__ import annotations

import subprocess
import sys

from tests.workflow.sockets import environment

LOADED = """
import sys, django
django.setup()
from config.loaded import load
READ = {"workflow.drafting.import_views", "signatures.etsi.xml", "pyhanko.generated.etsi"}
before = READ & set(sys.modules)
load()
from django.db import connection
print(not before, READ <= set(sys.modules), connection.connection is None)
"""


def test_addresses_and_their_libraries_are_there_before_anybody_asks(transactional_db: None) -> None:
    answer = subprocess.run(  # noqa: S603 (our own interpreter and files)
        [sys.executable, "-c", LOADED],
        env=environment(DJANGO_SETTINGS_MODULE="config.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split()[-3:] == ["True", "True", "True"]
