"""The import of a first draft: a document, what was understood of it line by line, then yes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from contracts.imports import reading, sentences
from contracts.models import Contract
from workflow.drafting import access, acts, import_acts, imports
from workflow.drafting.import_forms import DocumentForm, LineForm, Offered, PageForm, leads_for
from workflow.drafting.import_matching import known_titles
from workflow.drafting.imports import Held
from workflow.drafting.models import DraftImport
from workflow.record import once
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member


def _for_pilots(request: Request, contract: int) -> tuple[Contract, bool, bool]:
    """Return the contract, whether its text may change, whether the pilot is the State's; else Http404."""
    found, is_open = access.draft_for(request.user, contract)
    right = access.right_for(request.user, found)
    if right is None or not right.edits_all:
        raise Http404
    return found, is_open, right.is_states


def _closed(request: Request, found: Contract) -> HttpResponse:
    messages.error(request, acts.why_frozen(found))
    return redirect("draft_editor", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def draft_import(request: Request, contract: int) -> HttpResponse:
    """Take a document, read it, and lead to what was understood."""
    found, is_open, is_states = _for_pilots(request, contract)
    if not is_open:
        return _closed(request, found)
    begun = DraftImport.objects.filter(contract=found, author=request.user).first()
    form = DocumentForm(request.POST, request.FILES) if request.method == "POST" else DocumentForm()
    if form.is_bound and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            read = reading.read(content, volets=known_titles(found))
        except reading.Refused as error:
            form.add_error("file", error.message)
        else:
            held = imports.matched(read, found, leads_for(found, is_states=is_states), form.name)
            with transaction.atomic():
                imports.keep(request.user, found, held, hashlib.sha256(content).hexdigest())
                once.spend()
            return redirect("draft_import_lines", found.pk, 1)
    context = {"contract": found, "form": form, "begun": begun}
    return render(request, "drafting/import.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def draft_import_lines(request: Request, contract: int, page: int) -> HttpResponse:
    """What was understood, to be corrected, left or taken."""
    found, is_open, is_states = _for_pilots(request, contract)
    row = DraftImport.objects.filter(contract=found, author=request.user).first()
    held = imports.opened(row) if row is not None else None
    if row is None or held is None:
        messages.info(request, _("Aucun import n’est en cours : il a été pris, abandonné, ou oublié."))
        return redirect("draft_editor", found.pk)
    if not 1 <= page <= len(held.pages()):
        return redirect("draft_import_lines", found.pk, 1)
    shown = _Page(request, row, found, held, page, is_states)
    if request.method != "POST":
        return shown.answer()
    if request.POST.get("then") == "drop":
        row.delete()
        messages.success(request, _("Import abandonné : rien n’a changé dans le projet."))
        return redirect("draft_editor", found.pk)
    if not is_open:
        return shown.answer(409, notice=_("Le texte est figé : vos corrections restent sur cette page."))
    return _sent(request, found, shown)


def _sent(request: Request, found: Contract, shown: _Page) -> HttpResponse:
    """Keep the corrections of a page, then do what its button says."""
    if shown.of_another_document:
        messages.error(
            request,
            _("Un autre document a pris la place de celui que vous corrigiez : rien n’a été enregistré."),
        )
        return redirect("draft_import_lines", found.pk, 1)
    if not shown.is_valid():
        return shown.answer(422)
    with transaction.atomic():
        row = DraftImport.objects.select_for_update().filter(contract=found, author=request.user).first()
        held = imports.opened(row) if row is not None else None
        if row is None or held is None or row.sha256 != shown.document:
            return redirect("draft_import_lines", found.pk, 1)
        if held.state_of(shown.page) != shown.held.state_of(shown.page) or shown.moved:
            shown.on_what_it_shows()
            return shown.answer(
                409,
                notice=_(
                    "Ces lignes ont été corrigées entre-temps dans un autre onglet. Vos saisies sont "
                    "ci-dessous : enregistrez de nouveau pour les garder."
                ),
            )
        shown.correct(held)
        imports.save(row, held)
        once.spend()
    then = request.POST.get("then", "save")
    if then == "take":
        return _take(request, found, shown)
    if then.isdigit() and len(then) < 5:
        return redirect("draft_import_lines", found.pk, int(then))
    messages.success(request, _("Vos corrections sont enregistrées ; rien n’est encore dans le projet."))
    return redirect("draft_import_lines", found.pk, shown.page)


def _take(request: Request, found: Contract, shown: _Page) -> HttpResponse:
    try:
        taken = import_acts.take(request.user, found.pk)
    except import_acts.NotReady as error:
        return shown.anew().answer(422, problems=error.problems)
    except ActRefused as error:
        return shown.answer(error.status, notice=error.message)
    said = ngettext(
        "%(count)d engagement est ajouté au projet.",
        "%(count)d engagements sont ajoutés au projet.",
        taken.commitments,
    ) % {"count": taken.commitments}
    messages.success(request, _("Document importé. %(said)s Relisez-le ci-dessous.") % {"said": said})
    return redirect(f"{reverse('draft_editor', args=[found.pk])}#volets")


class _Page:
    """One page of an import: its forms, and how it is shown."""

    def __init__(
        self, request: Request, row: DraftImport, contract: Contract, held: Held, page: int, is_states: bool
    ) -> None:
        self.request, self.contract, self.held, self.page = request, contract, held, page
        self.document = row.sha256
        self.offered = Offered(contract, leads_for(contract, is_states=is_states))
        self._build(request.POST if request.method == "POST" else None)

    @property
    def state(self) -> str:
        """A mark of the document and of what this page shows of it."""
        return f"{self.document} {self.held.state_of(self.page)}"

    @property
    def of_another_document(self) -> bool:
        """Whether the form was opened on a document that another one has replaced."""
        return not self.request.POST.get("seen", "").startswith(f"{self.document} ")

    @property
    def moved(self) -> bool:
        """Whether these lines were corrected elsewhere since the form was opened."""
        return self.request.POST.get("seen", "") != self.state

    def on_what_it_shows(self) -> None:
        """Have the form be opened on the lines as they are now: sent again, it is what its author wants."""
        data = self.request.POST.copy()
        data["seen"] = self.state
        self.whole.data = data

    def _build(self, data: Any) -> None:
        self.whole = PageForm(data, self.held, self.offered, self.state)
        places = self.held.pages()[self.page - 1]
        self.forms = [LineForm(data, self.held.lines[place], place, self.offered) for place in places]

    def is_valid(self) -> bool:
        """Whether each line can be kept as it was typed."""
        wrong = [form for form in (self.whole, *self.forms) if not form.is_valid()]
        return not wrong

    def correct(self, held: Held) -> None:
        """Put what this page says into an import."""
        held.default_lead = self.whole.cleaned_data["default_lead"]
        for form in self.forms:
            held.lines[form.place] = form.corrected()
        self.held = held

    def anew(self) -> _Page:
        """Return the page as what was kept makes it."""
        self._build(None)
        return self

    def answer(
        self, status: int = 200, *, notice: str = "", problems: list[import_acts.Problem] | None = None
    ) -> HttpResponse:
        """Show the page."""
        pages = self.held.pages()
        context = {
            "contract": self.contract,
            "held": self.held,
            "counts": self.held.counts(),
            "told": sentences.told(self.held.read.told),
            "page": self.page,
            "pages": range(1, len(pages) + 1),
            "next": self.page + 1 if self.page < len(pages) else 0,
            "previous": self.page - 1,
            "whole": self.whole,
            "forms": self.forms,
            "wrong": [form for form in self.forms if form.is_bound and form.errors],
            "notice": notice,
            "problems": [
                {"number": one.place + 1, "page": self.held.page_of(one.place), "sentence": one.sentence}
                for one in problems or []
            ],
        }
        return render(self.request, "drafting/import_lines.html", context, status=status)
