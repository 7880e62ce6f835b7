"""A worker killed on the way of an alert: none is lost, and one told twice shows once.

Web Push has no identifier by which a service knows a message that it already took (RFC 8030, 5): what dies
between its taking and the end of the job has it handed over again. What is promised: at least once. Of two
that wait for a device the service keeps the last (« Topic », 5.4), and on the device one notification takes
the place of the other (its tag). In the database each is queued exactly once.
"""

from __future__ import annotations

import os
import re
import signal
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from tests import plot, workers
from tests.cast import Cast
from tests.pki import ServedPki
from tests.waiting import start_worker
from tests.workflow.news.test_push import Device, Service, at_review, service, subscribed
from tests.workflow.procedures.test_races import at_once
from workflow.news import push_acts
from workflow.news.push_models import PushDevice

__all__ = ["service"]  # a fixture
TASK = "workflow.push_to_device"
pytestmark = pytest.mark.kill


def told(cast: Cast, service: Service, device: Device) -> Contract:
    """Have the city's pilot told of something to be alerted of, on a device of theirs."""
    contract = at_review(cast)
    subscribed(cast.pilote_ville, service, device)
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, landlord, "changes_requested", "Une date manque.")
    return contract


def worker(pki: ServedPki, service: Service) -> BaseProcess:
    """Start a worker that takes up at once what a dead one left, and ends with the last job."""
    allowed = {
        "PUSH_SERVICES": service.host,
        "PUSH_PRIVATE_SERVICES": "localhost",
        "PUSH_CA_FILE": str(service.authority),
    }
    return start_worker(pki, "--once", "--stalled-after", "0", **allowed)


def queued() -> list[str]:
    return list(ProcrastinateJob.objects.filter(task_name=TASK).values_list("status", flat=True))


def test_killed_after_the_service_took_it_before_it_could_say_so(
    cast: Cast, pki: ServedPki, service: Service
) -> None:
    device = Device()
    told(cast, service, device)
    assert push_acts.alert_all() == 1
    process = worker(pki, service)
    service.taken = lambda: os.kill(process.pid or 0, signal.SIGKILL)
    assert workers.ended(process) == -signal.SIGKILL
    assert queued() == ["doing"] and len(service.asked) == 1
    service.taken = lambda: None
    assert workers.ended(worker(pki, service)) == 0
    assert workers.ended(worker(pki, service)) == 0, "a third finds nothing to do"
    assert len(service.asked) == 2, "not lost: handed over again, once"
    (first, second) = service.asked
    assert [headers["Topic"] for _path, headers, _body in (first, second)] == ["contreseing"] * 2
    assert device.read(first[2]) == device.read(second[2])
    assert push_acts.alert_all() == 0, "nothing more is queued of what was told"
    assert queued() == ["succeeded"]


def test_what_is_queued_waits_for_whichever_worker_comes(
    cast: Cast, pki: ServedPki, service: Service
) -> None:
    told(cast, service, Device())
    assert push_acts.alert_all() == 1
    assert queued() == ["todo"], "in the transaction that notes until where the device is told"
    assert push_acts.alert_all() == 0
    assert workers.ended(worker(pki, service)) == 0
    assert len(service.asked) == 1


def test_killed_while_it_queues_leaves_all_to_do_again(cast: Cast, service: Service) -> None:
    told(cast, service, Device())
    until = PushDevice.objects.get().told_until
    with (
        mock.patch("workflow.news.push_acts.in_transaction", side_effect=SystemExit),
        pytest.raises(SystemExit),
    ):
        push_acts.alert_all()
    assert queued() == [] and PushDevice.objects.get().told_until == until
    assert push_acts.alert_all() == 1 and push_acts.alert_all() == 0
    assert queued() == ["todo"]


@pytest.mark.race
def test_two_workers_queue_it_once(cast: Cast, service: Service) -> None:
    told(cast, service, Device())
    at_once(push_acts.alert_all, push_acts.alert_all)
    assert queued() == ["todo"]


def test_a_device_shows_one_notification_whatever_it_is_brought() -> None:
    script = Path(__file__).resolve().parents[3] / "config/static/contreseing/push-worker.js"
    shown = re.findall(r"showNotification\(title, \{[^}]*\btag: \"contreseing\"", script.read_text("utf-8"))
    assert len(shown) == 1
