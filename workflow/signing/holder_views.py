"""The page by which a pilot accepts that the text names a former holder."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from stakeholders.text import LineField
from workflow.record.refusals import ActRefused, Invalid
from workflow.signing import holder_acts, rules
from workflow.signing.models import LONGEST_REASON
from workflow.tasks import access
from workflow.tasks.answers import Request, member, refused


class AcceptForm(forms.Form):
    """Why the text may keep the former name, and which present holder the page showed."""

    reason = LineField(
        label=gettext_lazy("Motif"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("Il sera imprimé dans le cachet de la signature, et inscrit au journal."),
    )
    holder = LineField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def holder_accept(request: Request, contract: int, signatory: int) -> HttpResponse:
    """Accept the difference, with a reason, or read what else can be done."""
    found = access.pilot_for(request.user, contract)
    get_object_or_404(found.signatories, pk=signatory)
    version = found.latest_version
    here = [one for one in rules.differences(version) if one.signatory.pk == signatory] if version else []
    difference = here[0] if here else None
    initial = {"holder": difference.changed.holder_name if difference else ""}
    form = AcceptForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            holder_acts.accept_holder(
                request.user, contract, signatory_id=signatory, holder=facts["holder"], reason=facts["reason"]
            )
        except Invalid as error:
            form.add_error(error.field, error.message)
        except ActRefused as error:
            return refused(request, error, contract, typed=facts["reason"])
        else:
            messages.success(request, _("La différence est acceptée : la signature le dira."))
            return redirect("contract", contract)
    context = {"contract": found, "version": version, "difference": difference, "form": form}
    return render(request, "signing/holder.html", context, status=422 if form.is_bound else 200)
