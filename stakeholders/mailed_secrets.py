"""The pages where the links of mails lead: they take the secret by a POST, once, and go on without it."""

from __future__ import annotations

import re
from typing import Any

from allauth.account.views import INTERNAL_RESET_SESSION_KEY
from allauth.decorators import rate_limit
from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from stakeholders.text import LineField

RESET_KEY = re.compile(r"([0-9A-Za-z]{1,13})-([0-9A-Za-z]+-[0-9a-f]+)")  # allauth's: who, then Django's token


class MailedSecretForm(forms.Form):
    """What follows the # of a link; the script of the page fills it in, or a person copies it."""

    code = LineField(
        label=_("Code du lien"),
        help_text=_(
            "Dans le lien du courriel, tout ce qui suit le signe #. Vous pouvez aussi coller le lien."
        ),
        max_length=400,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        validators=[RegexValidator(r"[\w-]{20,}\s*$", _("Ce code est incomplet : copiez-le en entier."))],
    )

    def clean_code(self) -> str:
        """Return the secret, out of the link if all of it was pasted."""
        return str(self.cleaned_data["code"]).rsplit("#", 1)[-1].strip()


def secret_page(request: HttpRequest, form: MailedSecretForm, **said: Any) -> HttpResponse:
    """Show the page that takes the secret; ``said``: title, what, button."""
    context = {"form": form, **said}
    return render(request, "account/mailed_secret.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@rate_limit(action="reset_password_from_key")
def open_reset(request: HttpRequest) -> HttpResponse:
    """Take the key of a mailed link and go on to the new password; a wrong one is told there."""
    form = MailedSecretForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        key = RESET_KEY.fullmatch(form.cleaned_data["code"])
        if key is not None:
            request.session[INTERNAL_RESET_SESSION_KEY] = key[2]
            return redirect("account_reset_password_from_key", uidb36=key[1], key="set-password")
        form.add_error("code", _("Ce code ne vient pas d’un lien de changement de mot de passe."))
    return secret_page(
        request,
        form,
        title=_("Choisir un autre mot de passe"),
        what=_("Le lien du courriel vous amène ici ; un clic suffit pour continuer."),
        button=_("Continuer"),
    )
