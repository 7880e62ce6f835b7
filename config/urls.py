"""Every address of the application."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from stakeholders import provider, sessions

# One door for credentials, with its limits on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("workflow.urls")),
    # an address is changed by the administration alone: it is what a person is found by
    path("compte/email/", RedirectView.as_view(pattern_name="mfa_index"), name="account_address"),
    path("compte/", include("allauth.account.urls")),
    path("compte/securite/", include("allauth.mfa.urls")),
    path("compte/proconnect/login/", provider.login, name="proconnect_login"),
    path("compte/proconnect/login/callback/", provider.callback, name="proconnect_callback"),
    path("compte/identites/", include("allauth.socialaccount.urls")),
    path("compte/sessions/<int:session>/fermer/", sessions.end_one, name="session_end"),
    path("compte/sessions/", include("allauth.usersessions.urls")),
    path("langue/", set_language, name="set_language"),
    # before the administration's own form, which counts no attempts
    path(
        "administration/password_change/",
        admin.site.admin_view(RedirectView.as_view(pattern_name="account_change_password")),
        name="account_password",
    ),
    path("administration/", admin.site.urls),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler429 = "config.errors.too_many"
handler500 = "config.errors.server_error"
