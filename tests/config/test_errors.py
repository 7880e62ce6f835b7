"""Every refusal has a page with words: which address, method and status, with a session or without."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, resolve, reverse
from django.utils.translation import override

from config import errors, routes
from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in

METHODS = {"nobody": ("POST", "DELETE"), "pilote_ville": ("GET", "PUT")}
LEAVING = ("logout", "langue")  # what ends the session that the walk needs
VALUES = {"uidb36": "1", "key": "set-password", "app_label": "stakeholders", "url": "nulle-part"}
READER = {"Accept": "text/html"}
IN_THE_FRAME = (
    'class="brand"',
    '<a href="/">Mes tâches</a>',
    "logiciel libre",
    'href="#contenu"',
    'id="contenu"',
)
PLACES = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def _walk(patterns: list[Any], before: str = "/") -> Iterator[str]:
    for entry in patterns:
        route = before + str(entry.pattern).strip("^$")
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, route)
        else:
            yield route


def _addresses(**known: object) -> list[str]:
    """Return an address of each pattern: rows that exist where they are given, number 1 elsewhere."""
    values = {**VALUES, **{name: str(value) for name, value in known.items()}}
    found = [PLACES.sub(lambda m: values.get(m[1] or m[2], "1"), route) for route in _walk(_patterns())]
    return sorted(address for address in found if not any(word in address for word in LEAVING))


def _patterns() -> list[Any]:
    patterns: list[Any] = get_resolver().url_patterns
    return patterns


def _faults(answer: HttpResponse) -> str:
    """Return what a refusal lacks, or nothing."""
    if answer.status_code < 400 or "json" in answer.headers.get("Content-Type", ""):
        return ""
    page = answer.content.decode()
    if answer.status_code >= 500:
        return f"error {answer.status_code}"
    return (
        ""
        if "<h1" in page and 'lang="fr"' in page and "href=" in page
        else f"{answer.status_code}: {page[:60]!r}"
    )


@pytest.mark.parametrize("who", METHODS)
def test_no_address_answers_any_method_with_a_blank_page(cast: Cast, who: str) -> None:
    contract = plot.at_review(cast)
    client = Client() if who == "nobody" else logged_in(getattr(cast, who))
    client.raise_request_exception = False
    wrong = []
    addresses = _addresses(contract=contract.pk, number=1)
    assert len(addresses) > 100
    for address in addresses:
        for method in METHODS[who]:
            if fault := _faults(client.generic(method, address)):  # type: ignore[arg-type]
                wrong.append(f"{method} {address}: {fault}")
    assert wrong == []


def test_a_button_s_address_leads_to_the_page_of_the_button(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    client = logged_in(cast.bailleur_oh)
    here = reverse("task", args=[contract.pk, task.pk])
    for name in ("opinion_draft", "note_add", "task_take"):
        answer = client.get(reverse(name, args=[contract.pk, task.pk]), headers=READER)
        page = answer.content.decode()
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert f'href="{here}"' in page, name
        assert "Se déconnecter" in page, "the site's layout"
        assert client.get(here).status_code == 200
    fragment = {**READER, "HX-Request": "true"}
    bare = client.get(reverse("note_add", args=[contract.pk, task.pk]), headers=fragment)
    assert "Se déconnecter" not in bare.content.decode()
    assert "<h1" in bare.content.decode()


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/contrats/3/taches/7/notes/", "/contrats/3/taches/7/"),
        ("/contrats/3/taches/7/relance/", "/contrats/3/"),
        ("/contrats/3/contacts/4/envoi/", "/contrats/3/contacts/"),
        ("/organisations/2/preuve/", "/organisations/2/"),
        ("/organisations/2/absences/5/fin/", "/organisations/2/absences/"),
        ("/pouvoirs/9/retrait/", "/pouvoirs/9/"),
        ("/compte/sessions/4/fermer/", "/compte/sessions/"),
        ("/langue/", "/"),
    ],
)
def test_the_page_above(path: str, above: str) -> None:
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    assert routes.page_above(request) == above
    resolve(above)


def test_each_status_has_its_page_in_words() -> None:
    request = RequestFactory().get("/")
    pages = {
        400: errors.bad_request(request, BadRequest()),
        403: errors.forbidden(request, PermissionError("Demandez au pilote.")),
        404: errors.not_found(request, LookupError()),
        405: errors.not_alone(request),
        408: errors.too_slow(),
        413: errors.bad_request(request, RequestDataTooBig()),
        429: errors.too_many(request),
        500: errors.server_error(request),
        503: errors.busy(),
    }
    assert "Erreur 403" in (forgery := errors.csrf_failure(request).content.decode())
    assert all(part in forgery for part in IN_THE_FRAME)
    for status, page in pages.items():
        text = page.content.decode()
        assert page.status_code == status
        assert f"Erreur {status}" in text, status
        assert all(part in text for part in IN_THE_FRAME), status
        assert len(re.sub(r"<[^>]+>|\s+", " ", text.split("<main")[1]).split()) > 15, status


def test_a_page_composed_once_is_right_for_each_language_installation_and_address(settings: Any) -> None:
    def page(found_at: str = "/", *, language: str = "fr", training: bool = False) -> str:
        settings.TRAINING = training
        with override(language):
            return errors.answer(405, "errors/405.html", found_at=found_at).content.decode()

    first = page()
    assert page() == first
    assert 'href="/contrats/7/"' not in first
    assert 'href="/contrats/7/"' in page("/contrats/7/")
    assert "Error 405" in page(language="en")
    assert "Installation de formation" in page(training=True)
    assert page() == first


def test_what_was_sent_is_in_no_page_kept_in_memory() -> None:
    before = errors._composed.cache_info()
    assert "Un secret." in errors.answer(403, "errors/403.html", reason="Un secret.").content.decode()
    assert errors._composed.cache_info() == before


def test_a_page_of_refusal_that_knows_who_reads_it_is_the_site_s(cast: Cast) -> None:
    contract = plot.at_review(cast)
    client = logged_in(cast.outsider)
    hidden = client.get(reverse("contract", args=[contract.pk]), headers=READER)
    assert hidden.status_code == 404
    assert "Se déconnecter" in hidden.content.decode()
    assert "Se déconnecter" not in client.get("/nulle/part/", headers=READER).content.decode(), (
        "nobody checked the session"
    )


def test_a_log_in_comes_back_to_the_page_of_the_form(cast: Cast) -> None:
    """What nobody is logged in for leads to the log-in, then to the page that shows it, its query too."""
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    here = reverse("task", args=[contract.pk, task.pk])
    edit = reverse("contract_edit", args=[contract.pk])
    nobody = Client()
    login = reverse("account_login")
    for method, address, back in (
        ("GET", f"{reverse('contract_list')}?q=csi", f"{reverse('contract_list')}%3Fq%3Dcsi"),
        ("POST", reverse("note_add", args=[contract.pk, task.pk]), here),
        ("POST", reverse("opinion_draft", args=[contract.pk, task.pk]), here),
        ("POST", here, here),
        ("POST", edit, edit),
    ):
        answer = nobody.generic(method, address)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{login}?next={back}"), address
    fragment = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}?de=courriel"}
    answer = nobody.post(reverse("note_add", args=[contract.pk, task.pk]), headers=fragment)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        401,
        f"{login}?next={here}%3Fde%3Dcourriel",
    )


def test_another_language_comes_back_to_the_same_search(cast: Cast) -> None:
    client = logged_in(cast.pilote_ville)
    page = client.get(f"{reverse('contract_list')}?q=csi&page=").content.decode()
    wanted = re.search(r'name="next" value="([^"]*)"', page)
    assert wanted and html.unescape(wanted[1]) == f"{reverse('contract_list')}?q=csi&page="
