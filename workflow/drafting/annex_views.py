"""The annexes of the draft: their list, each with what it is and its file, their order."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts import annexes, canonical, soundness
from contracts.annex_forms import AnnexForm, AnnexMoveForm
from contracts.models import Annex, Contract
from workflow.drafting import access, annex_acts
from workflow.drafting.annex_forms import AnnexFileForm
from workflow.record.refusals import ActRefused
from workflow.standing.readers import reads_restricted
from workflow.tasks import held_files
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.pdf import stored_pdf


@require_safe
@member
def draft_annexes(request: Request, contract: int) -> HttpResponse:
    """The list, each annex with what can be done to it, and what keeps it from being frozen."""
    found, is_open = access.draft_for(request.user, contract)
    right = access.right_for(request.user, found)
    may_read = reads_restricted(request.user, found)
    content = canonical.content_of(found)
    faults: dict[int, list[str]] = {}
    for lack in soundness.faults(content):
        for spot in lack.spots:
            if spot.part == "annex":
                faults.setdefault(spot.key, []).append(lack.sentence)
    context = {
        "contract": found,
        "is_open": is_open,
        "may_change": is_open and right is not None and right.edits_all,
        "rows": [
            {
                "row": row,
                "number": told["number"],
                "pages": annexes.pages_of(row.pages),
                "reason": annexes.reason_of(told),
                "may_read": bool(row.file_sha256) and (row.publishable or may_read),
                "faults": faults.get(row.pk, []),
            }
            for row, told in zip(found.annexes.all(), content["annexes"], strict=True)
        ],
    }
    return render(request, "drafting/annexes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def annex_add(request: Request, contract: int) -> HttpResponse:
    """A new annex, placed last."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    return _save(request, found, None)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def annex_edit(request: Request, contract: int, annex: int) -> HttpResponse:
    """What an annex is, whether it is published, its file."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    if request.method != "POST" and _held(found, annex) is None:
        return _gone(request, found)
    return _save(request, found, annex)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def annex_withdraw(request: Request, contract: int, annex: int) -> HttpResponse:
    """Take an annex out of the draft, after asking."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    if (row := _held(found, annex)) is None:
        return _gone(request, found)
    if request.method != "POST":
        return render(request, "drafting/annex_withdraw.html", {"contract": found, "row": row})
    try:
        annex_acts.withdraw(request.user, found, row.pk)
    except ActRefused as error:
        return refused(request, error, found.pk)
    messages.success(request, _("L’annexe « %(title)s » est retirée du projet.") % {"title": row.title})
    return redirect("draft_annexes", found.pk)


@require_POST
@member
def annex_move(request: Request, contract: int, annex: int) -> HttpResponse:
    """Move an annex, by one place or to a place."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    if _held(found, annex) is None:
        return _gone(request, found)
    form = AnnexMoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.non_field_errors())))
        return redirect("draft_annexes", found.pk)
    try:
        row = annex_acts.move(request.user, found, annex, **form.cleaned_data)
    except ActRefused as error:
        return refused(request, error, found.pk)
    messages.success(request, _("Cette annexe porte désormais le numéro %(number)s.") % {"number": row.order})
    return redirect(f"{reverse('draft_annexes', args=[found.pk])}#annexe-{row.pk}")


@require_safe
@member
def annex_file(request: Request, contract: int, annex: int) -> HttpResponse:
    """The file of an annex of the draft; a restricted one for those alone who may read it."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Annex, pk=annex, contract=found)
    if not row.file_sha256 or not (row.publishable or reads_restricted(request.user, found)):
        raise Http404
    document = _("l’annexe « %(title)s » du contrat %(reference)s") % {
        "title": row.title,
        "reference": found.reference,
    }
    name = f"{found.reference}-annexe-{row.order}-{row.title}"
    return stored_pdf(row.file_sha256, name, document=document, attachment=True)


def _held(found: Contract, key: int) -> Annex | None:
    """Return an annex of the draft, None for one that was withdrawn from it; raises Http404 for any other."""
    row = Annex.objects.filter(pk=key, contract=found).first()
    if row is None and not annex_acts.was_withdrawn(found, key):
        raise Http404
    return row


def _gone(request: Request, found: Contract) -> HttpResponse:
    """Say to whoever comes second, from another tab or another desk, that the annex is no longer there."""
    messages.info(request, _("Cette annexe a déjà été retirée du projet."))
    return redirect("draft_annexes", found.pk)


def _save(request: Request, found: Contract, key: int | None) -> HttpResponse:
    """Show the form of an annex, or save it; a file that was read is held while the rest is put right."""
    row = Annex.objects.filter(pk=key, contract=found).first() if key else None
    held = row.file_sha256 if row else ""
    file = AnnexFileForm(request.POST or None, request.FILES or None, held=held)
    held_files.of(request.user.pk, file)

    def show(form: AnnexForm, status: int = 200, notice: str = "", *, anew: bool = False) -> HttpResponse:
        if file.is_bound:
            held_files.hold(file)
        context = {
            "contract": found,
            "row": None if anew else row,
            "pages": annexes.pages_of(row.pages) if row else "",
            "form": form,
            "file_form": file,
            "notice": notice,
            "action": reverse("annex_add", args=[found.pk]) if anew else "",
        }
        return render(request, "drafting/annex_form.html", context, status=status)

    def again(anew: bool = False) -> AnnexForm:
        return AnnexForm(request.POST, instance=None if anew else row, contract=found)

    if request.method != "POST":
        return show(AnnexForm(instance=row, contract=found))
    try:
        saved = annex_acts.save(request.user, found, key, request.POST, file)
    except annex_acts.NotSaved as refusal:
        return show(refusal.form, 422)  # type: ignore[arg-type]
    except annex_acts.Withdrawn:
        said = _(
            "Cette annexe a été retirée entre-temps : enregistrez pour l’ajouter de nouveau, ou annulez."
        )
        return show(again(anew=True), 409, said, anew=True)
    except ActRefused as error:
        return show(again(), error.status, error.message)
    messages.success(request, _said(saved, file))
    if file.cleaned_data.get("file") and (same := annexes.same_file(saved)):
        words = _("Le même fichier est déjà l’annexe %(number)s, « %(title)s » : retirez l’une des deux.")
        messages.warning(request, words % {"number": same.order, "title": same.title})
    return redirect(f"{reverse('draft_annexes', args=[found.pk])}#annexe-{saved.pk}")


def _said(saved: Annex, file: AnnexFileForm) -> str:
    """Say what was kept: what the file was found to be, where one came."""
    given = file.cleaned_data.get("file")
    if given is None:
        return _("L’annexe « %(title)s » est enregistrée.") % {"title": saved.title}
    facts: dict[str, Any] = {
        "title": saved.title,
        "pages": annexes.pages_of(given.pages),
        "from": given.converted_from,
    }
    if given.converted_from:
        return _("L’annexe « %(title)s » est enregistrée : image %(from)s reprise en PDF d’une page.") % facts
    if given.is_signed:
        return (
            _(
                "L’annexe « %(title)s » est enregistrée, %(pages)s ; elle porte des signatures "
                "électroniques, gardées telles quelles sans être vérifiées."
            )
            % facts
        )
    return _("L’annexe « %(title)s » est enregistrée : fichier lu en entier, %(pages)s.") % facts
