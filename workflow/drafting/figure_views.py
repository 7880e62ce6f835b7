"""A figure said back while it is typed, as the form that keeps it reads it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contracts.figures import LONGEST, FigureField
from contracts.spelled import said
from workflow.tasks.answers import Request, member

FIELD = FigureField(max_digits=14, decimal_places=2, required=False)  # as every figure that is kept


@require_safe
@member
def figure(request: Request) -> HttpResponse:
    """What was understood of a figure; ``champ`` names its field, ``sens`` says if it is an amount."""
    typed = request.GET.get(request.GET.get("champ", ""), "")[: 2 * LONGEST]
    told, refused = "", ""
    try:
        number = FIELD.clean(typed)
        told = "" if number is None else said(number, in_euros=request.GET.get("sens") == "euros")
    except ValidationError as error:
        refused = " ".join(error.messages)
    return render(request, "drafting/_partials/figure.html", {"told": told, "refused": refused})
