"""The platform's administration: for staff who proved a second factor in this very session."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from stakeholders import second_factor


class Administration(admin.AdminSite):
    """One door for credentials, the account's; a password alone opens nothing here."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask for an active member of staff, and for what their key or application proved."""
        return super().has_permission(request) and second_factor.was_proved(request)

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the second factor: to prove it, or to have one first."""
        there = request.GET.get("next", "")
        if self.has_permission(request):
            return redirect("admin:index")
        if second_factor.of(request.user):
            return redirect(second_factor.where_to_prove(request.user, there))
        messages.warning(
            request,
            _(
                "L’administration de la plateforme demande un second facteur : ajoutez une clé d’accès ou "
                "associez une application de codes, puis revenez-y."
            ),
        )
        return redirect("mfa_index")
