"""The import of organisations, offices and people: a file, what it would do, then yes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stakeholders.granting import gives_power
from stakeholders.kinds import KINDS
from stakeholders.models import Role
from workflow.platform import columns, import_acts, tables
from workflow.platform.door import for_platform
from workflow.platform.forms import ImportForm
from workflow.platform.plan import Plan, plan
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request

SALT = "workflow.platform.import"
CONFIRMED_WITHIN = 3600  # seconds


@require_safe
@for_platform
def template(request: Request) -> HttpResponse:
    """The file to start from."""
    answer = HttpResponse(columns.template(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="modele-import.csv"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def import_file(request: Request) -> HttpResponse:
    """Take a file and show what it would do."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if not form.is_bound or not form.is_valid():
        return _page(request, form)
    content = form.cleaned_data["file"].read()
    try:
        lines = columns.named(tables.read(content))
    except tables.Unreadable as error:
        form.add_error("file", str(error))
        return _page(request, form)
    sha256 = hashlib.sha256(content).hexdigest()
    held = signing.dumps([request.user.pk, sha256, lines], salt=SALT, compress=True)
    return _preview(request, plan(lines, request.user), held)


@require_POST
@for_platform
def import_confirm(request: Request) -> HttpResponse:
    """Do what was shown."""
    held = request.POST.get("held", "")
    try:
        owner, sha256, kept = signing.loads(held, salt=SALT, max_age=CONFIRMED_WITHIN)
    except signing.BadSignature:
        owner, sha256, kept = None, "", []
    if owner != request.user.pk:
        messages.error(
            request,
            _("Cet aperçu a plus d’une heure, ou n’est pas le vôtre : envoyez de nouveau le fichier."),
        )
        return redirect("platform_import")
    lines = [(number, cells) for number, cells in kept]
    try:
        done = import_acts.take(request.user, lines, sha256=sha256)
    except ActRefused as error:
        return _preview(request, plan(lines, request.user), held, notice=error.message, status=error.status)
    if done.is_idle:
        messages.success(request, _("Tout existait déjà : rien n’a été changé."))
    else:
        count = len(done.doing)
        messages.success(
            request,
            ngettext("%(count)d ligne est importée.", "%(count)d lignes sont importées.", count)
            % {"count": count},
        )
    powers = [line.post is not None and gives_power(line.post.office) for line in done.doing if line.invited]
    if True in powers:
        messages.warning(
            request, _("Des pouvoirs sont à demander : envoyez chaque demande depuis la page des pouvoirs.")
        )
    if False in powers:
        messages.info(request, _("Les invitations partent : leurs liens valent quatorze jours."))
    return redirect("grants" if True in powers else "platform")


def _page(request: Request, form: ImportForm) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "kinds": [kind.label for kind in KINDS.values()],
        "roles": [label for _value, label in Role.choices],
        "rows": tables.ROWS - 1,
    }
    return render(request, "platform/import.html", context, status=422 if form.is_bound else 200)


def _preview(
    request: Request, found: Plan, held: str, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context = {"plan": found, "held": held, "notice": notice}
    return render(request, "platform/import_preview.html", context, status=422 if found.wrong else status)
