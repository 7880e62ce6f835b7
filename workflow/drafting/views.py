"""The changes of a draft: the contract’s first pages, its volets, its commitments, their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import ProtectedError
from django.forms import ModelForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contracts import order
from contracts.forms import CommitmentForm, ContractForm, MoveForm, VoletForm
from contracts.models import Commitment, Contract, Volet
from workflow.drafting import access, acts, rules
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member, refused


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contract_edit(request: Request, contract: int) -> HttpResponse:
    """What the first pages say."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)

    def build(data: Any) -> ContractForm:
        return ContractForm(data, instance=Contract.objects.get(pk=found.pk))

    return _save(request, found, build, _("Titre, périmètre et préambule"), "contrat")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def volet_add(request: Request, contract: int) -> HttpResponse:
    """A new chapter, placed last."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    return _save(
        request, found, lambda data: VoletForm(data, contract=found), _("Ajouter un volet"), "volets"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member
def volet_edit(request: Request, contract: int, volet: int) -> HttpResponse:
    """A chapter's title, lead and text."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, get_object_or_404(Volet, pk=volet, contract=found))

    def build(data: Any) -> VoletForm:
        return VoletForm(data, instance=Volet.objects.get(pk=volet), contract=found)

    return _save(request, found, build, _("Modifier le volet"), f"volet-{volet}")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def volet_delete(request: Request, contract: int, volet: int) -> HttpResponse:
    """Remove a chapter and its commitments, after asking."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Volet, pk=volet, contract=found)
    access.own_or_404(request.user, found, row)
    return _delete(request, found, row, _("Supprimer le volet et ses engagements"))


@require_POST
@member
def volet_move(request: Request, contract: int, volet: int) -> HttpResponse:
    """Move a chapter, by one place or to a place."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Volet, pk=volet, contract=found)
    access.own_or_404(request.user, found, row)
    return _move(request, found, row)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def commitment_add(request: Request, contract: int, volet: int) -> HttpResponse:
    """A new commitment in a chapter."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Volet, pk=volet, contract=found)
    access.own_or_404(request.user, found, row)
    initial = {"volet": row}

    def build(data: Any) -> CommitmentForm:
        return CommitmentForm(data, contract=found, initial=initial)

    return _save(request, found, build, _("Ajouter un engagement"), f"volet-{row.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def commitment_edit(request: Request, contract: int, commitment: int) -> HttpResponse:
    """A commitment, its indicator, its date."""
    found, _open = access.draft_for(request.user, contract)
    if request.method == "POST" and not Commitment.objects.filter(pk=commitment).exists():
        return _deleted_meanwhile(request, found)
    row = get_object_or_404(Commitment, pk=commitment, volet__contract=found)
    access.own_or_404(request.user, found, row)

    def build(data: Any) -> CommitmentForm:
        return CommitmentForm(data, instance=Commitment.objects.get(pk=commitment), contract=found)

    title = _("Modifier l’engagement %(number)s") % {"number": row.number}
    return _save(request, found, build, title, f"engagement-{row.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def commitment_delete(request: Request, contract: int, commitment: int) -> HttpResponse:
    """Remove a commitment, after asking."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Commitment, pk=commitment, volet__contract=found)
    access.own_or_404(request.user, found, row)
    return _delete(request, found, row, _("Supprimer l’engagement"))


@require_POST
@member
def commitment_move(request: Request, contract: int, commitment: int) -> HttpResponse:
    """Move a commitment, by one place or to a place, into another chapter too."""
    found, _open = access.draft_for(request.user, contract)
    row = get_object_or_404(Commitment, pk=commitment, volet__contract=found)
    access.own_or_404(request.user, found, row)
    return _move(request, found, row)


def _deleted_meanwhile(request: Request, found: Contract) -> HttpResponse:
    """Give back what was written about a commitment that somebody deleted meanwhile: it may be added anew."""
    form = CommitmentForm(request.POST, contract=found)
    volets = {str(volet.pk): volet for volet in found.volets.all()}
    volet = volets.get(request.POST.get("volet", "")) or next(iter(volets.values()), None)
    if volet is None:
        raise Http404
    context = {
        "contract": found,
        "form": form,
        "title": _("Ajouter un engagement"),
        "anchor": f"volet-{volet.pk}",
        "action": reverse("commitment_add", args=[found.pk, volet.pk]),
        "notice": _(
            "Cet engagement a été supprimé pendant que vous écriviez. Votre texte est ci-dessous : "
            "enregistrez-le pour l’ajouter de nouveau, ou annulez."
        ),
    }
    return render(request, "drafting/draft_form.html", context, status=409)


class _NotSaved(Exception):
    """The form was refused under the lock: nothing changed, so nothing is published."""

    def __init__(self, form: ModelForm[Any]) -> None:
        super().__init__()
        self.form = form


def _save(
    request: Request, found: Contract, build: Callable[[Any], ModelForm[Any]], title: str, anchor: str
) -> HttpResponse:
    """Show a form of the draft, or save it.

    The form is built and checked under the lock, on the row as it then stands: two pilots
    who save at once meet here one after the other, and neither overwrites the other unseen.
    """

    def show(form: ModelForm[Any], status: int = 200, notice: str = "") -> HttpResponse:
        context = {"contract": found, "form": form, "title": title, "anchor": anchor, "notice": notice}
        return render(request, "drafting/draft_form.html", context, status=status)

    if request.method != "POST":
        form = build(None)
        if (right := access.right_for(request.user, found)) is not None:
            _keep_with_its_lead(right, form)
        return show(form)
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            form = build(request.POST)
            _check(draft, form)
            _keep_with_its_lead(draft.right, form)
            if not form.is_valid():
                raise _NotSaved(form)
            form.save()
            _check(draft, form)
    except _NotSaved as refusal:
        return show(refusal.form, 422)
    except ActRefused as error:
        return show(build(request.POST), error.status, error.message)
    anchor = _anchor(form.instance)
    messages.success(request, _saved(form), extra_tags=anchor)
    return redirect(f"{_editor(found)}#{anchor}")


def _keep_with_its_lead(right: rules.DraftingRight, form: ModelForm[Any]) -> None:
    """Who is no pilot hands no part over, nor moves it to another chapter."""
    if not right.edits_all and form.instance.pk and isinstance(form.instance, Commitment | Volet):
        for name in ("lead", "volet", "template"):
            if name in form.fields:
                form.fields[name].disabled = True


def _saved(form: ModelForm[Any]) -> str:
    """Say that a form is saved, and in which fields with what somebody else had saved meanwhile."""
    if not (joined := getattr(form, "joined", [])):
        return _("Enregistré.")
    fields = ", ".join(joined)
    return _("Enregistré, avec ce que quelqu’un avait changé entre-temps : %(fields)s.") % {"fields": fields}


def _anchor(row: Any) -> str:
    """Return where the editor shows a part, which is where it says that the part is saved."""
    if isinstance(row, Commitment):
        return f"engagement-{row.pk}"
    return f"volet-{row.pk}" if isinstance(row, Volet) else "contrat"


def _check(draft: acts.Drafting, form: ModelForm[Any]) -> None:
    """Ask whether this organisation may change this part, as it was and as the form makes it."""
    row = form.instance
    if isinstance(row, Contract) or (isinstance(row, Volet) and not row.pk):
        draft.check(None)
    elif row.pk and isinstance(row, Commitment | Volet):
        draft.check(row)


def _delete(request: Request, found: Contract, row: Volet | Commitment, title: str) -> HttpResponse:
    if request.method != "POST":
        return render(request, "drafting/draft_delete.html", {"contract": found, "row": row, "title": title})
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            for part in [row, *(row.commitments.all() if isinstance(row, Volet) else [])]:
                draft.check_arrange(part)
            order.delete(row)
    except ActRefused as error:
        return refused(request, error, found.pk)
    except ProtectedError:
        messages.error(request, _("Cet élément est cité ailleurs : il ne peut pas être supprimé."))
        return redirect(_editor(found))
    messages.success(request, _("Supprimé."))
    return redirect(_editor(found))


def _move(request: Request, found: Contract, row: Volet | Commitment) -> HttpResponse:
    form = MoveForm(request.POST, contract=found)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.non_field_errors())), extra_tags=_anchor(row))
        return redirect(f"{_editor(found)}#{_anchor(row)}")
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            _read_again(row)
            draft.check_arrange(row)
            _put(row, **form.cleaned_data)
    except ActRefused as error:
        return refused(request, error, found.pk)
    messages.success(request, _place(row), extra_tags=_anchor(row))
    return redirect(f"{_editor(found)}#{_anchor(row)}")


def _read_again(row: Volet | Commitment) -> None:
    """Read a row under the lock: another may have moved it, or deleted it meanwhile (Http404)."""
    try:
        row.refresh_from_db()
    except (Volet.DoesNotExist, Commitment.DoesNotExist) as gone:
        raise Http404 from gone


def _put(row: Volet | Commitment, direction: str, place: int | None, volet: Volet | None) -> None:
    if direction:
        order.step(row, direction)
    elif isinstance(row, Volet):
        order.put_volet(row, place or 1)
    else:
        order.put_commitment(row, volet or row.volet, place or 1)


def _place(row: Volet | Commitment) -> str:
    """Say where a row is now: its number has followed."""
    if isinstance(row, Volet):
        return _("Ce volet est désormais le %(place)s.") % {"place": row.order}
    return _("Cet engagement porte désormais le numéro %(number)s.") % {"number": row.number}


def _editor(found: Contract) -> str:
    return redirect("draft_editor", found.pk).url
