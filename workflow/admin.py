"""What the administration shows of the circuit: nothing but the means of proof that wait for a code.

The engine's rows, the job queue and the addresses are changed by acts alone; libraries
register pages to edit and delete them, which are taken away here.
"""

from __future__ import annotations

from typing import Any

# the job queue's page must be registered before it can be taken away
import procrastinate.contrib.django.admin
import procrastinate.contrib.django.models
from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.admin import UserSession
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from viewflow.workflow.admin import Process, Task

from signatures import means
from signatures.models import ProofMeans
from stakeholders.person_admin import is_fresh, stale
from workflow.proofs import acts as proofs_acts
from workflow.record.refusals import ActRefused

IDENTITIES = [EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken]
admin.site.unregister([*IDENTITIES, Process, Task, procrastinate.contrib.django.models.ProcrastinateJob])


@admin.register(ProofMeans)
class ProofMeansAdmin(admin.ModelAdmin[ProofMeans]):
    """What waits for a code said by voice, where an organisation has nobody else to give it."""

    list_display = ("user", "__str__", "since", "counts_from")
    actions = ("give_code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProofMeans]:
        """List what waits, the reader's own apart."""
        return means.waiting().exclude(user_id=request.user.pk or 0)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people add theirs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to rewrite one; the list alone is open."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, whoever asks."""
        return False

    @admin.action(description=gettext_lazy("Donner un code, à dire de vive voix"))
    def give_code(self, request: HttpRequest, chosen: QuerySet[ProofMeans]) -> HttpResponse | None:
        """Show the code of the first that was chosen, once."""
        waiting = chosen.first()
        if waiting is None or not is_fresh(request):
            self.message_user(request, stale(), messages.ERROR)
            return None
        try:
            code = proofs_acts.give_code(request.user, waiting, mandate=None)  # type: ignore[arg-type]
        except ActRefused as error:
            self.message_user(request, error.message, messages.ERROR)
            return None
        there = reverse("admin:signatures_proofmeans_changelist")
        context = {"code": code, "means": waiting, "person": waiting.user, "back_url": there}
        return render(request, "proofs/means_code.html", context)
