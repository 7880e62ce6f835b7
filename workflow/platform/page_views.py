"""The texts of the public pages: what each still lacks, and the page where it is written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from stakeholders.text import LinesField
from workflow.platform import page_acts
from workflow.platform.door import for_platform
from workflow.platform.forms import refuse
from workflow.platform.models import LONGEST, PublicPage
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request

OWED = {  # what the law asks of each, that the application cannot know
    PublicPage.LEGAL: (
        gettext_lazy("l’organisme qui édite le service, son adresse et son téléphone"),
        gettext_lazy("le directeur ou la directrice de la publication"),
        gettext_lazy("l’hébergeur, son adresse et son téléphone (loi du 21 juin 2004, article 1-1)"),
    ),
    PublicPage.PRIVACY: (
        gettext_lazy("le responsable du traitement, et comment le joindre"),
        gettext_lazy("le délégué ou la déléguée à la protection des données"),
        gettext_lazy("la base légale et la durée de conservation (RGPD, article 13)"),
    ),
    PublicPage.ACCESSIBILITY: (
        gettext_lazy("le schéma pluriannuel de mise en accessibilité, ou le fait qu’il n’y en a pas"),
        gettext_lazy("le service à qui signaler un défaut (loi du 11 février 2005, article 47)"),
    ),
    PublicPage.CONTACT: (gettext_lazy("le service à qui écrire ou téléphoner, et ses horaires"),),
}


class PageForm(forms.Form):
    """The text of one page; ``seen`` is the number of the one that was read."""

    text = LinesField(
        label=gettext_lazy("Texte de la page"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=gettext_lazy(
            "En Markdown : « ## » devant un titre, une ligne vide entre deux paragraphes, « - » devant "
            "chaque élément d’une liste, [texte](https://adresse) pour un lien. Vide, la page redit ce "
            "qui manque."
        ),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


@require_safe
@for_platform
def public_pages(request: Request) -> HttpResponse:
    """Each page, who wrote it last and when, or what it lacks."""
    rows = [{"page": page, "last": page_acts.last(page), "owed": OWED[page]} for page in PublicPage]
    return render(request, "platform/public_pages.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def public_page_edit(request: Request, page: str) -> HttpResponse:
    """Write what a page says."""
    if page not in PublicPage.values:
        raise Http404
    chosen, current = PublicPage(page), page_acts.last(page)
    shown = {"text": current.text if current else "", "seen": current.number if current else 0}
    form = PageForm(request.POST if request.method == "POST" else None, initial=shown)
    theirs, status = "", 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                written = page_acts.write(request.user, chosen, **form.cleaned_data)
            except ActRefused as error:
                latest = page_acts.last(page)
                theirs, status = latest.text if latest else "", error.status
                form = _again(form, latest.number if latest else 0)
                refuse(form, error.message, None)
            else:
                said = _("La page est enregistrée : tout le monde lit ce texte dès maintenant.")
                messages.success(request, said if written else _("Rien n’a changé."))
                return redirect("public_page_edit", page)
    context: dict[str, Any] = {"page": chosen, "form": form, "owed": OWED[chosen], "theirs": theirs}
    return render(request, "platform/public_page.html", {**context, "current": current}, status=status)


def _again(form: PageForm, number: int) -> PageForm:
    """Show what was typed again, now that its author reads the other's text."""
    again = PageForm({"text": form.cleaned_data["text"], "seen": number})
    again.is_valid()
    return again
