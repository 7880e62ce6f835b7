"""The page of the council's clerk: the vote first, then what makes it enforceable, as it comes."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from workflow.council import acts, rules
from workflow.council.convocation import Convocation, convocation
from workflow.council.forms import CorrectionForm, StagesForm, VoteForm
from workflow.council.models import CouncilResolution, Outcome
from workflow.engine.tasks import due_on, organisation_of
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, refused
from workflow.tasks.pages import done, page

CORRECT = "corriger"  # in the query: the whole of what is recorded, to put it right


def council(request: Request, met: OpenTask) -> HttpResponse:
    if request.method != "POST":
        known = _known(met)
        if known and CORRECT in request.GET:
            return _page(request, met, CorrectionForm(instance=known, initial={"corrects": known.state}))
        return _page(request, met, StagesForm(instance=known) if known else VoteForm())
    if "corrects" in request.POST:
        return _correct(request, met)
    # by what was sent: a colleague may have recorded the vote since the page was opened
    is_vote = "outcome" in request.POST or _known(met) is None
    form = VoteForm(request.POST) if is_vote else StagesForm(request.POST)
    if not form.is_valid():
        return _page(request, met, form, 422)
    try:
        if is_vote:
            found = acts.record_resolution(request.user, met.task.pk, facts=form.cleaned_data)
        else:
            found = acts.record_stages(request.user, met.task.pk, stages=form.cleaned_data)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, met, form, error.status)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(request, met, _said(found))


def _correct(request: Request, met: OpenTask) -> HttpResponse:
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, met, form, 422)
    corrects, why = form.cleaned_data["corrects"], form.cleaned_data["why_corrected"]
    try:
        found = acts.correct_resolution(
            request.user, met.task.pk, corrects=corrects, facts=form.facts, why=why
        )
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, met, form, error.status)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(request, met, _("La correction est enregistrée. %(then)s") % {"then": _said(found)})


def _known(met: OpenTask) -> CouncilResolution | None:
    version = met.contract.latest_version
    return rules.awaiting_its_stages(version, organisation_of(met.task)) if version else None


def _convocation(met: OpenTask) -> Convocation | None:
    """Return when the council is convened at the latest, where a session to come was announced."""
    said = met.contract.council_dates.get(str(organisation_of(met.task)))
    session, today = parse_date(said or ""), timezone.localdate()
    return convocation(session, met.contract.calendar, today) if session and session >= today else None


def _page(request: Request, met: OpenTask, form: VoteForm | StagesForm, status: int = 200) -> HttpResponse:
    version = met.contract.latest_version
    facts = {
        "form": form,
        "resolution": _known(met) if isinstance(form, StagesForm) else None,
        "due_on": due_on(met.task),
        "convocation": _convocation(met) if isinstance(form, VoteForm) else None,
        "adjournments": rules.adjournments_of(version, organisation_of(met.task)) if version else [],
    }
    return page(request, met, "council/resolution.html", status, **facts)


def _said(found: CouncilResolution) -> str:
    """Say what is recorded, and what follows for the mayor or for the text."""
    if found.outcome == Outcome.ADJOURNED:
        return _(
            "L’ajournement est enregistré. Le maire ne peut pas signer : "
            "enregistrez ici le vote de la séance où le conseil se prononcera."
        )
    if found.outcome == Outcome.AMENDED:
        return _(
            "La délibération est enregistrée. Le maire ne peut pas signer un texte que le conseil "
            "a modifié : le contrat revient en rédaction, pour que les pilotes y portent les "
            "modifications votées."
        )
    if found.outcome == Outcome.REJECTED:
        return _("Le rejet est enregistré : le contrat revient en rédaction.")
    if found.is_enforceable:
        return _("La délibération est exécutoire : le maire peut signer à son tour.")
    return _(
        "C’est enregistré. Le maire ne peut pas signer tant que la délibération n’est pas exécutoire : "
        "il manque encore %(missing)s."
    ) % {"missing": rules.missing_in_words(found)}
