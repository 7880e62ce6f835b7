"""What a browser may keep of a page: nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStoreMiddleware:
    """Have nothing that the application answers kept, on a disk or for « Précédent ».

    Pages, files and refusals alike, whoever asks: what is worth keeping is a static file, which
    another middleware answers before this one; a view that says « public » is believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.headers.get("Cache-Control", "")
        if "no-store" not in said and "public" not in said:
            response.headers["Cache-Control"] = "private, no-store"
        return response
