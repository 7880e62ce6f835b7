"""``/metriques/``: what Prometheus reads of the processes of pages and of the installation.

Behind ``METRICS_TOKEN``, as a bearer token; without one, or with another, there is no such page. What the
processes of one ``python -m config.serve`` count is added up, whichever of them is asked (the files of
``PROMETHEUS_MULTIPROC_DIR``, which config/processes.py makes); several containers are scraped each. What is
read in the database is the same from all. Nothing here names a person, a contract or an address.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import routes

REQUESTS = Counter("contreseing_requests", "Requests answered", ["view", "method", "status"])
DURATION = Histogram(
    "contreseing_request_seconds",
    "Time to answer, once received",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSED = Counter("contreseing_refused", "Requests refused at the door", ["status"])
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

# name, what it says, labels, and the query that gives them before the figure
_ASKED: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "contreseing_jobs",
        "Jobs by queue and status",
        ("queue", "status"),
        "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2",
    ),
    (
        "contreseing_queue_oldest_seconds",
        "How long the oldest due job of a queue has waited",
        ("queue",),
        "SELECT queue_name, greatest(0, extract(epoch FROM now() - min(coalesce(scheduled_at, "
        "(SELECT max(at) FROM procrastinate_events WHERE job_id = job.id))))) "
        "FROM procrastinate_jobs AS job WHERE status = 'todo' GROUP BY 1",
    ),
    (
        "contreseing_jobs_failed",
        "Jobs that failed for good and wait for somebody",
        ("task",),
        "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1",
    ),
    (
        "contreseing_worker_silence_seconds",
        "Since a worker was last heard of",
        (),
        "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers "
        "HAVING max(last_heartbeat) IS NOT NULL",
    ),
    (
        "contreseing_signatures",
        "Signatures by state",
        ("state",),
        "SELECT state, count(*) FROM signatures_signaturerequest GROUP BY 1",
    ),
    (
        "contreseing_envelopes",
        "Documents to be signed by state",
        ("state",),
        "SELECT state, count(*) FROM signatures_envelope GROUP BY 1",
    ),
    (
        "contreseing_trusted_list_left_seconds",
        "How long a trusted list is in force still; less than nothing once it is stale",
        ("territory",),
        "SELECT DISTINCT ON (territory) territory, extract(epoch FROM next_update - now()) "
        "FROM signatures_trustedlist WHERE next_update IS NOT NULL "
        "ORDER BY territory, sequence DESC, issued_at DESC",
    ),
    (
        "contreseing_journal_unanchored",
        "Entries of the journal that no anchor covers yet",
        (),
        "SELECT count(*) FROM workflow_journalentry "
        "WHERE number > coalesce((SELECT max(number) FROM workflow_anchor), 0)",
    ),
)


class Installation(Collector):
    """What the database says, asked at each scrape."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing beforehand: to register is not to ask."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each gauge; when the database does not answer, only that it does not."""
        found = []
        try:
            with connection.cursor() as cursor:
                for name, said, labels, query in _ASKED:
                    family = GaugeMetricFamily(name, said, labels=labels)
                    cursor.execute(query)
                    for *values, figure in cursor.fetchall():
                        family.add_metric([str(value) for value in values], float(figure))
                    found.append(family)
        except DatabaseError:
            found = []
        yield GaugeMetricFamily("contreseing_database_up", "Whether the database answers", float(bool(found)))
        yield from found


def _registry() -> CollectorRegistry:
    """Return what all the processes count, or what this one does when it is alone, and the installation."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    of_all = CollectorRegistry()
    MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
    of_all.register(Installation())
    return of_all


REGISTRY.register(Installation())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever has the token; Http404 for anybody else."""
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not secrets.compare_digest(given, wanted):
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


class MetricsMiddleware:
    """Counts and times what is answered, by the name of its view: no address is a label."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else None) or routes.UNKNOWN
        method = request.method if request.method in METHODS else "OTHER"
        REQUESTS.labels(view, method, response.status_code).inc()
        DURATION.labels(view).observe(time.perf_counter() - began)
        return response
