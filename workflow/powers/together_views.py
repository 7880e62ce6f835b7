"""Several powers on one page: each has its box, one proof of identity is given for all that are ticked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from signatures import passkeys
from signatures.errors import ConfirmationRefused
from stakeholders.proofs import Proof
from workflow.powers import acts, pending, together
from workflow.proofs.rules import why_not_this_proof
from workflow.proofs.ways import WAYS, ways_of
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member

TO_ASK = "demander"  # ?pour=demander: what the reader drafted; otherwise, what waits for their confirmation
LONGEST_KEY = 18


class _Choice:
    """What waits for the reader, and what of it the address says is ticked."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.purpose = acts.ASK if request.GET.get("pour") == TO_ASK else acts.CONFIRM
        said = request.GET.getlist("choix")[: together.AT_MOST]
        self.keys = {int(key) for key in said if key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY}
        self.lines = together.lines(request.user, request.standings.mandates, self.purpose)
        ticked = [line.grant for line in self.lines if line.grant.pk in self.keys and not line.trouble]
        self.clashes = together.clashing(ticked)
        self.chosen = [grant for grant in ticked if grant.pk not in self.clashes]

    @property
    def sha256(self) -> str:
        """The hash of what is ticked; nothing where nothing is."""
        return together.fingerprint(self.chosen, self.purpose) if self.chosen else ""

    def address(self, name: str, keys: list[int] | None = None) -> str:
        """Return an address of this page that keeps what is ticked, or that has these ticked."""
        said = [("choix", key) for key in ([grant.pk for grant in self.chosen] if keys is None else keys)]
        if self.purpose == acts.ASK:
            said.insert(0, ("pour", TO_ASK))  # type: ignore[arg-type]
        return reverse(name) + (f"?{urlencode(said)}" if said else "")

    def page(
        self,
        status: int = 200,
        *,
        proofs: dict[Proof, Form] | None = None,
        token: str = "",
        notice: str = "",
    ) -> HttpResponse:
        """Show what waits, with its boxes; under them the proof, then the button."""
        possible = [line.grant.pk for line in self.lines if not line.trouble]
        context: dict[str, Any] = {
            "lines": [self._shown(line) for line in self.lines],
            "chosen": self.chosen,
            "to_ask": self.purpose == acts.ASK,
            "all_url": self.address("grants_together", possible),
            "none_url": self.address("grants_together", []),
            "confirm_url": self.address("grants_together"),
            "challenge_url": self.address("grants_together_challenge"),
            "do_url": self.address("grants_together_do"),
            "token": token,
            "notice": notice,
        }
        if self.chosen and not token:
            body = together.strictest(self.chosen)
            context |= ways_of(self.request.user, body, self.sha256, proofs or {})
        return render(self.request, "powers/together.html", context, status=status)

    def _shown(self, line: together.Line) -> dict[str, Any]:
        grant = line.grant
        return {
            "grant": grant,
            "impossible": bool(line.trouble),
            "trouble": line.trouble or self.clashes.get(grant.pk, ""),
            "what": pending.described(grant),
            "days": pending.days(grant),
            "allowed": pending.allowed(grant),
            "ticked": grant in self.chosen,
        }


@require_http_methods(["GET", "HEAD", "POST"])
@member
def grants_together(request: Request) -> HttpResponse:
    """What waits for the reader, each with its box; or check who they are, for all that is ticked."""
    choice = _Choice(request)
    if request.method != "POST":
        return choice.page()
    given = next((way for way in WAYS if way.field in request.POST), WAYS[-1])
    form = given.form(request.POST)
    if not form.is_valid():
        return choice.page(422, proofs={given.proof: form})
    if not choice.chosen or form.cleaned_data["document_sha256"] != choice.sha256:
        return choice.page(409, notice=_changed())
    if refusal := why_not_this_proof(together.strictest(choice.chosen), given.proof):
        return choice.page(422, notice=refusal)
    try:
        token = given.confirm(request.user, form.cleaned_data[given.field], document_sha256=choice.sha256)
    except ConfirmationRefused as error:
        form.add_error(None if form.fields[given.field].widget.is_hidden else given.field, str(error))
        return choice.page(422, proofs={given.proof: form})
    if choice.purpose == acts.CONFIRM:
        return choice.page(token=token)
    return _done(choice, token)


@require_POST
@member
def grants_together_challenge(request: Request) -> HttpResponse:
    """Ask the reader's passkey to sign the hash of all that is ticked."""
    choice = _Choice(request)
    if not choice.chosen or request.POST.get("document_sha256") != choice.sha256:
        return JsonResponse({"error": _changed()}, status=409)
    options = passkeys.ask(request.user, document_sha256=choice.sha256)
    return JsonResponse({"request_options": options}, headers={"Cache-Control": "no-store"})


@require_POST
@member
def grants_together_do(request: Request) -> HttpResponse:
    """Give what was ticked, each by itself, and say what became of each."""
    return _done(_Choice(request), request.POST.get("confirmation", ""))


def _done(choice: _Choice, token: str) -> HttpResponse:
    """Do what the address ticks; what somebody settled meanwhile is among it, and says so."""
    try:
        done = together.do(choice.request.user, choice.purpose, choice.keys, confirmation=token)
    except ActRefused as error:
        return choice.page(error.status, notice=error.message)
    given = [outcome for outcome in done if not outcome.refusal]
    if given:
        messages.success(choice.request, _said(choice.purpose, len(given)))
    for outcome in done:
        if outcome.refusal:
            words = {"what": pending.described(outcome.grant), "why": outcome.refusal}
            messages.warning(choice.request, _("%(what)s : rien n’est fait. %(why)s") % words)
    return redirect("grants")


def _said(purpose: str, count: int) -> str:
    if purpose == acts.ASK:
        words = ngettext(
            "%(n)d demande est envoyée. Rien n’est donné avant sa confirmation.",
            "%(n)d demandes sont envoyées. Rien n’est donné avant leur confirmation.",
            count,
        )
    else:
        words = ngettext(
            "%(n)d pouvoir est confirmé. Les personnes concernées sont averties.",
            "%(n)d pouvoirs sont confirmés. Les personnes concernées sont averties.",
            count,
        )
    return words % {"n": count}


def _changed() -> str:
    return _("Ce que vous aviez coché a changé entre-temps : relisez la liste, puis recommencez.")
