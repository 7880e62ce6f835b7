"""What every request passes through that no library gives."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django_structlog.middlewares import RequestMiddleware

from config import routes


class RequestLogMiddleware(RequestMiddleware):
    """Logs each request by its route: the library writes the path, with whatever secret it holds."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return what the log says of a request."""
        return routes.named(request)


class ChosenLanguageMiddleware:
    """Speak French unless the reader chose otherwise.

    Django's own middleware follows the browser; a public servant whose computer is
    set to English still reads and signs French contracts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
