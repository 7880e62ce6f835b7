"""How a request is named where it is written down: by its route, never by its path.

A path may carry what gives access (a guest's link, a key), a query may (an identity provider's
code): neither goes into a log. What is kept is the route's name and the numbers of the rows
that it is about.
"""

from __future__ import annotations

from inspect import getclosurevars, isfunction

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.encoding import iri_to_uri

UNKNOWN = "(adresse inconnue)"
ABOVE = {"job_retry": "contract"}  # where the nearest address above is not the page that shows the button


def named(request: HttpRequest) -> str:
    """Return « GET task contract=3 task=12 »: method, route, and the parameters that are row numbers.

    A number is what an ``<int:…>`` parameter gave; whatever is text stays out.
    """
    return f"{request.method} {_route(request)}"


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info, getattr(request, "urlconf", None))
        except Resolver404:
            return UNKNOWN
    return " ".join([_name(match), *_numbers(match)])


def _name(match: ResolverMatch) -> str:
    return match.view_name or match.route


def _numbers(match: ResolverMatch) -> list[str]:
    return [f"{name}={value}" for name, value in match.kwargs.items() if isinstance(value, int)]


def page_above(request: HttpRequest) -> str:
    """Return the address of the page where an act is found: the nearest above its own, or the first page."""
    match = request.resolver_match
    if match is not None and match.url_name in ABOVE:
        return reverse(ABOVE[match.url_name], args=[match.kwargs["contract"]])
    parts = request.path_info.strip("/").split("/")
    for length in range(len(parts) - 1, 0, -1):
        above = f"/{'/'.join(parts[:length])}/"
        try:
            resolve(above)
        except Resolver404:
            continue
        return iri_to_uri(above)
    return "/"


def come_back(request: HttpRequest) -> str:
    """Return the address to come back to, after a log-in or in another language: it shows what this one did.

    That of the request, its query too; the page of the button where only a button leads there.
    """
    match = request.resolver_match
    if match is not None and not _shows(match):
        return page_above(request)
    return request.get_full_path()


def _shows(match: ResolverMatch) -> bool:
    """Whether a view answers GET: Django's ``require_POST`` and its like hold the methods of theirs."""
    held = getclosurevars(match.func).nonlocals if isfunction(match.func) else {}
    return "GET" in held.get("request_method_list", ["GET"])
