"""Every address of the application."""

from __future__ import annotations

from allauth.account import views as account_views
from allauth.account.urls import urlpatterns as account_urls
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from config import health, metrics, pages, shown_mails, unsent
from stakeholders import mailed_secrets, provider, sessions
from workflow.platform import first_views

KEYS_IN_PATHS = {"account_reset_password_from_key", "account_confirm_email"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("workflow.urls")),
    # an address is changed by the administration alone: it is what a person is found by
    path("compte/email/", RedirectView.as_view(pattern_name="mfa_index"), name="account_address"),
    # a key is never in an address: the mailed link holds it behind the #, the session afterwards
    path("compte/password/reset/ouvrir/", mailed_secrets.open_reset, name="account_reset_open"),
    re_path(
        r"^compte/password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>set-password)/$",
        account_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("compte/login/", first_views.login, name="account_login"),
    path("compte/", include([entry for entry in account_urls if entry.name not in KEYS_IN_PATHS])),
    path("compte/securite/", include("allauth.mfa.urls")),
    path("compte/proconnect/login/", provider.login, name="proconnect_login"),
    path("compte/proconnect/login/callback/", provider.callback, name="proconnect_callback"),
    path("compte/identites/", include("allauth.socialaccount.urls")),
    path("compte/sessions/<int:session>/fermer/", sessions.end_one, name="session_end"),
    path("compte/sessions/", include("allauth.usersessions.urls")),
    # for who watches the installation; the first two are answered at the front door (config/front.py)
    path("sante/", health.lives, name="lives"),
    path("sante/pret/", health.ready, name="ready"),
    path("metriques/", metrics.metrics, name="metrics"),
    path("aide/", pages.help_page, name="guide"),
    path("informations/<slug:page>/", pages.information, name="information"),
    path("demonstration/courriels/", shown_mails.mails, name="demonstration_mails"),
    path("demonstration/courriels/<slug:letter>/", shown_mails.mail, name="demonstration_mail"),
    path("demonstration/courriels/<slug:letter>/page/", shown_mails.laid_out, name="demonstration_mail_page"),
    path(
        "demonstration/courriels/<slug:letter>/pieces/<int:part>/",
        shown_mails.attachment,
        name="demonstration_mail_part",
    ),
    path("textes/<int:number>/effacer/", unsent.forget, name="unsent_forget"),
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
