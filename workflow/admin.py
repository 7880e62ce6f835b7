"""What the administration shows of the circuit: nothing.

The engine's rows, the job queue and the addresses are changed by acts alone; libraries
register pages to edit and delete them, which are taken away here.
"""

from __future__ import annotations

from allauth.account.admin import EmailAddress
from django.contrib import admin
from procrastinate.contrib.django.admin import models as queue
from viewflow.workflow.admin import Process, Task

admin.site.unregister([EmailAddress, queue.ProcrastinateJob, Process, Task])
