"""What is open to all: the demonstration's trust root, and « Vérifier un document »."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures.limited import Unavailable
from signatures.roots import NoTrustRoot
from workflow.verification import line
from workflow.verification.forms import LARGEST_TOLD, VerifyForm
from workflow.verification.paper import of_mark
from workflow.verification.printed import as_pdf
from workflow.verification.results import Result, result_of, unheld

# a file takes some seconds of a processor; a whole administration may ask from behind one address
LIMITS = {"file": "30/10m/ip", "report": "120/10m/ip", "short": "120/10m/ip"}

MAKERS: dict[str, tuple[Callable[[Result], bytes], str]] = {
    "pdf": (as_pdf, "application/pdf"),
    "json": (lambda result: result.as_json().encode(), "application/json"),
    "xml": (lambda result: result.as_xml().encode(), "application/xml"),
}


@require_safe
def trust_root(request: HttpRequest) -> HttpResponse:
    """The certificates under which the signatures are verified (PEM)."""
    found = [path.read_bytes() for path in settings.TRUST_ROOTS if path.exists()]
    if not found:
        raise Http404
    return HttpResponse(
        b"\n".join(found),
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="racine.pem"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Take a PDF from anybody, say what it is worth, keep nothing of it."""
    if request.method != "POST":
        return _page(request, VerifyForm())
    if not _consumed(request, "file"):
        return _too_often(request)
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    uploaded = form.cleaned_data["file"]
    try:
        with line.place():
            result = result_of(uploaded.read())
    except (line.Full, Unavailable):
        notice = _(
            "D’autres fichiers sont en cours de vérification : le vôtre n’a pas été lu, et rien "
            "n’en est gardé. Envoyez-le de nouveau dans une minute."
        )
        return _page(request, VerifyForm(), notice, status=503)
    except NoTrustRoot:
        notice = _(
            "Cette installation n’a pas encore de certificat racine : elle ne peut rien vérifier. "
            "Écrivez à son administrateur, dont l’adresse est à la page « Contact »."
        )
        return _page(request, VerifyForm(), notice, status=503)
    return _shown(request, result)


@require_POST
def verify_report(request: HttpRequest) -> HttpResponse:
    """Give the report that a page holds in another form."""
    if not _consumed(request, "report"):
        return _too_often(request)
    try:
        result = unheld(request.POST.get("held", ""))
    except signing.BadSignature:
        messages.error(
            request,
            _("Ce rapport a plus de deux heures, ou n’est pas complet : envoyez de nouveau le fichier."),
        )
        return redirect("verify")
    asked = request.POST.get("form", "")
    if asked not in MAKERS:
        return _shown(request, result)
    make, kind = MAKERS[asked]
    name = f"verification-{result.examined.evidence.sha256[:12]}.{asked}"
    return HttpResponse(
        make(result),
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_safe
def verify_short(request: HttpRequest, mark: str) -> HttpResponse:
    """Where the QR code of a printed version leads: what the paper says, and the way to verify its file."""
    if not _consumed(request, "short"):
        return _too_often(request)
    found = of_mark(mark)
    if found is None:
        raise Http404
    context = {"paper": found, "form": VerifyForm(), "largest": LARGEST_TOLD}
    response = render(request, "verification/paper.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _page(request: HttpRequest, form: VerifyForm, notice: str = "", *, status: int = 200) -> HttpResponse:
    context = {"form": form, "notice": notice, "largest": LARGEST_TOLD}
    response = render(request, "verification/verify.html", context, status=status)
    if status == 503:
        response["Retry-After"] = str(line.RETRY_AFTER)
    return response


def _shown(request: HttpRequest, result: Result) -> HttpResponse:
    """Show a result; 200 whatever the verdict, since the question was answered."""
    context = {
        "result": result,
        "report": result.examined.report,
        "held": result.held(),
        "form": VerifyForm(),
    }
    return render(request, "verification/result.html", context)


def _consumed(request: HttpRequest, action: str) -> bool:
    """Count one more from this address; whether it is within the limits."""
    usage = ratelimit.consume(request, app="verification", action=action, config=LIMITS, limit_get=True)
    return usage is not None


def _too_often(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer
