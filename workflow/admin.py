"""What the administration shows of the circuit: nothing.

The engine's rows, the job queue and the addresses are changed by acts alone; libraries
register pages to edit and delete them, which are taken away here.
"""

from __future__ import annotations

# the job queue's page must be registered before it can be taken away
import procrastinate.contrib.django.admin
import procrastinate.contrib.django.models
from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from viewflow.workflow.admin import Process, Task

IDENTITIES = [EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken]
admin.site.unregister([*IDENTITIES, Process, Task, procrastinate.contrib.django.models.ProcrastinateJob])
