"""The main pages: queries and processor time of each, against a bare Django view in the same process.

The contract is Clairval's, with its eleven organisations, in review and then to be signed. The bare view
passes through what ``startproject`` writes: a session, an account, one line. Processor time of this
process, so that neither the database nor another process counts; pages are read as a browser reads
them again: what a process keeps is there. ``--cold`` forgets it before each reading.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path, reverse
from rich.console import Console
from rich.table import Table

from bench.sign import served as authorities
from bench.stage import staged
from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.stage import certify_signatories

AIM_QUERIES = 15
AIM_CPU = 35.0  # milliseconds
PLAIN = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
Address = tuple[str, User, str]
Measured = tuple[str, int, float]  # which page, its queries, its milliseconds


def bare(request: HttpRequest) -> HttpResponse:
    """Greet whoever reads."""
    return HttpResponse(f"Bonjour {request.user}")


urlpatterns = [path("", bare)]


def main(argv: list[str]) -> int:
    """Print the table; ``--times`` is how often each page is read, ``--profile`` tells where time goes."""
    parser = argparse.ArgumentParser(prog="./run bench pages")
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--cold", action="store_true", help="forget what is kept before each reading")
    parser.add_argument("--profile", default="", help="the beginning of the name of a page")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as keys, authorities(Path(keys)), served(), staged() as cast:
        measured = [_measure("Django, une vue nue", _bare_browser(cast.rtac), "/", chosen)]
        for title, person, address in _pages(cast):
            measured.append(_measure(title, browser_of(person), address, chosen))
    _print(measured)
    return 0


@contextmanager
def served() -> Iterator[None]:
    """Serve static files by the names of what they hold, as an installation does."""
    hosts = [*settings.ALLOWED_HOSTS, "testserver"]
    files = {"BACKEND": "config.static_files.StaticFiles"}
    storages = {**settings.STORAGES, "staticfiles": files}
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(ALLOWED_HOSTS=hosts, STORAGES=storages, STATIC_ROOT=folder),
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


def _pages(cast: Cast) -> Iterator[Address]:
    """Yield each page at the moment when it can be read."""
    certify_signatories(cast.contract)
    contract = plot.opened(cast.contract)
    yield "Éditeur", cast.pilote_ville, reverse("draft_editor", args=[contract.pk])
    plot.draft_and_freeze(contract)
    page, live = (reverse(name, args=[contract.pk]) for name in ("contract", "contract_live"))
    yield "Mes tâches", cast.pilote_ville, reverse("inbox")
    yield "Mes tâches, les lignes", cast.bailleur_oh, reverse("basket_list", args=["a-traiter"])
    yield "Mes tâches, les compteurs", cast.pilote_ville, reverse("basket_counters")
    yield "Contrats", cast.pilote_ville, reverse("contract_list")
    yield "Contrat en relecture", cast.pilote_ville, page
    yield "Contrat en relecture, ce qui bouge", cast.pilote_ville, live
    yield "Avis", cast.bailleur_oh, _task(contract, "review", cast)
    yield "Version", cast.bailleur_oh, reverse("version", args=[contract.pk, 1])
    plot.review_all(contract)
    plot.approve_all(contract)
    yield "À signer", cast.prefete, reverse("basket", args=["a-signer"])
    yield "Mes tâches, à signer bientôt", cast.maire, reverse("inbox")
    yield "Contrat en signature", cast.pilote_ville, page
    yield "Contrat en signature, ce qui bouge", cast.pilote_ville, live
    yield "Signature", cast.prefete, _task(contract, "sign")
    yield "Délibération", cast.greffe, _task(contract, "council_resolution")


def _task(contract: Contract, step: str, cast: Cast | None = None) -> str:
    organisation = cast.organisation("org-oh") if cast else None
    return reverse("task", args=[contract.pk, plot.task(contract, step, organisation).pk])


def browser_of(person: User) -> Client:
    browser = Client()
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def _bare_browser(person: User) -> Client:
    browser = browser_of(person)
    with override_settings(MIDDLEWARE=PLAIN, ROOT_URLCONF=__name__):
        browser.handler.load_middleware()
    return browser


def bare_reading(person: User, times: int) -> float:
    """Return the milliseconds of processor that a bare view takes of this process."""
    chosen = argparse.Namespace(times=times, cold=False, profile="")
    return _measure("Django, une vue nue", _bare_browser(person), "/", chosen)[2]


def _measure(title: str, browser: Client, address: str, chosen: argparse.Namespace) -> Measured:
    with override_settings(
        ROOT_URLCONF=__name__ if address == "/" and "nue" in title else settings.ROOT_URLCONF
    ):
        for _warm in range(3):
            answer = browser.get(address)
            assert answer.status_code == 200, f"{title}: {answer.status_code}"  # noqa: S101
        _forget(chosen.cold)
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        asked = len(queries)
        spent = [_read(browser, address, cold=chosen.cold) for _time in range(chosen.times)]
        if chosen.profile and title.startswith(chosen.profile):
            _profile(title, browser, address, chosen)
    return title, asked, statistics.median(spent)


def _read(browser: Client, address: str, *, cold: bool) -> float:
    _forget(cold)
    began = time.process_time()
    browser.get(address)
    return (time.process_time() - began) * 1000


def _forget(cold: bool) -> None:  # noqa: FBT001
    if cold:
        caches["parts"].clear()


def _profile(title: str, browser: Client, address: str, chosen: argparse.Namespace) -> None:
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for _time in range(chosen.times):
        _read(browser, address, cold=chosen.cold)
    profile.disable()
    print(title)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35).sort_stats("cumulative").print_stats(90)


def _print(measured: list[Measured]) -> None:
    table = Table(title="Les pages (médianes)")
    for heading in ("", "requêtes", "CPU ms", "rapport"):
        table.add_column(heading, justify="left" if not heading else "right")
    base = measured[0][2]
    for title, queries, spent in measured:
        late = " *" if queries > AIM_QUERIES or spent > AIM_CPU else ""
        table.add_row(title + late, str(queries), f"{spent:.1f}", f"{spent / base:.1f}")
    Console().print(table)
    print(f"* plus de {AIM_QUERIES} requêtes, ou de {AIM_CPU:.0f} ms")
