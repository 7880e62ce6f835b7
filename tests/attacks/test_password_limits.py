"""Somebody wants the site to stop by having it hash passwords, or wants them hashed cheaply."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, identify_hasher, make_password
from django.test import Client, override_settings

from stakeholders import hashing
from stakeholders.models import User
from tests.cast import Cast
from tests.workflow.sockets import name_static_files, server_process

logging.getLogger("httpx").setLevel(logging.WARNING)
PASSWORD = "un mot de passe de test"


def test_thirty_logins_at_once_hold_little_memory_and_leave_health_awake(cast: Cast) -> None:
    """The hasher of production; a process of its own, measured from outside."""
    hasher, old = hashing.Argon2(), Argon2PasswordHasher()
    people = list(User.objects.filter(is_active=True).order_by("pk")[:30])
    for person in people:  # some hashes are of before, five times as large
        chosen = old if person.pk % 5 == 0 else hasher
        User.objects.filter(pk=person.pk).update(password=chosen.encode(PASSWORD, chosen.salt()))
    name_static_files()  # of the pages that refuse
    with server_process() as (url, process):

        def log_in(number: int) -> int:
            token = "c" * 32
            form = {"login": people[number % len(people)].email, "password": PASSWORD}
            answer = httpx.post(
                f"{url}/compte/login/",
                data={**form, "csrfmiddlewaretoken": token},
                headers={"Cookie": f"csrftoken={token}", "Referer": url},
                trust_env=False,
                timeout=60,
            )
            return answer.status_code

        assert httpx.get(f"{url}/sante/", trust_env=False, timeout=60).status_code == 200
        measured, late = psutil.Process(process.pid), []
        most = 0
        with ThreadPoolExecutor(30) as pool:
            asked = [pool.submit(log_in, number) for number in range(30)]
            while not all(future.done() for future in asked):
                began = time.monotonic()
                assert httpx.get(f"{url}/sante/", trust_env=False, timeout=30).status_code == 200
                late.append(time.monotonic() - began)
                most = max(most, measured.memory_info().rss)
            statuses = [future.result() for future in asked]
        assert set(statuses) <= {200, 302, 429, 503}
        assert statuses.count(302) >= 10
        assert most < 600e6, f"{most / 1e6:.0f} MB"
        assert sorted(late)[len(late) // 2] < 1.0


def test_passwords_cost_what_owasp_says() -> None:
    hasher = hashing.Argon2()
    encoded = hasher.encode(PASSWORD, hasher.salt())
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in encoded
    assert hasher.verify(PASSWORD, encoded)
    from config import settings as ours

    assert ours.PASSWORD_HASHERS == ["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"]


@override_settings(PASSWORD_HASHERS=["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"])
@pytest.mark.parametrize(
    "old",
    ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"],
)
def test_older_hashes_are_renewed_when_their_owner_logs_in(db: None, old: str) -> None:
    from django.utils.module_loading import import_string

    before = import_string(old)()
    person = User.objects.create_user("claire@ville.example", None)
    User.objects.filter(pk=person.pk).update(password=before.encode(PASSWORD, before.salt()))
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    person.refresh_from_db()
    assert "m=19456,t=2,p=1" in person.password
    assert identify_hasher(person.password).verify(PASSWORD, person.password)


@override_settings(PASSWORD_HASHERS=["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"])
def test_hashes_beyond_the_places_wait_then_say_busy(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever it is, known or not, through whichever form: 503, and nobody waits for long."""
    monkeypatch.setattr(hashing, "PATIENCE", 0.05)
    monkeypatch.setattr(hashing, "_places", threading.BoundedSemaphore(1))
    client.raise_request_exception = False
    with hashing.place():
        for login in ("nobody@ville.example", "other@ville.example"):
            refused = client.post("/compte/login/", {"login": login, "password": PASSWORD})
            assert refused.status_code == 503
            assert refused.headers["Retry-After"]
        with pytest.raises(hashing.HashingBusy):
            make_password(PASSWORD)
    assert get_hasher().algorithm == "argon2"
    assert client.post("/compte/login/", {"login": "a@b.example", "password": "x"}).status_code == 200
