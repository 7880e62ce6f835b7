"""« Données personnelles »: what is kept and for how long, and one's own to take away."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from stakeholders.account_actions import give_telephone
from stakeholders.models import User
from stakeholders.telephone import TelephoneField
from workflow.privacy import export, retention
from workflow.tasks.answers import Request, member


class TelephoneForm(forms.Form):
    """The telephone of the reader's office."""

    telephone = TelephoneField(
        label=_("Téléphone professionnel"),
        help_text=_(
            "Dit aux personnes à qui vous demandez un avis, pour qu’elles vous appellent. "
            "Laissé vide, il est effacé."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def personal_data(request: HttpRequest) -> HttpResponse:
    """The table of durations, open to all; to somebody with an account, their telephone."""
    form, status = None, 200
    if isinstance(request.user, User):
        person = request.user
        form = TelephoneForm(request.POST or None, initial={"telephone": person.telephone})
        if request.method == "POST" and form.is_valid():
            give_telephone(person, form.cleaned_data["telephone"])
            messages.success(request, gettext("Votre téléphone est enregistré."))
            return redirect("personal_data")
        status = 422 if form.is_bound else 200
    elif request.method == "POST":
        return redirect_to_login(request.path)
    context = {"rules": retention.RULES, "form": form}
    return render(request, "privacy/personal_data.html", context, status=status)


@never_cache
@require_safe
@member
def own_data(request: Request) -> HttpResponse:
    """All that is known of the reader, as a file."""
    name = f"donnees-personnelles-{timezone.localdate().isoformat()}.json"
    return JsonResponse(
        export.of(request.user),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
