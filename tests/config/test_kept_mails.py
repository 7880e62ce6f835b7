"""Each mail is kept as it was sent: what queues one without a copy is named here, with the reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import pytest
from django.template.loader import render_to_string

from stakeholders.secret_mails import PLAIN, SECRETS
from tests.config.test_house import ROOT, ours, templates

# what may make or hand over a mail; all that the rooms say goes through ``defer_mail``
MAKERS = {"EmailMessage", "EmailMultiAlternatives", "send_mail", "send_mass_mail", "mail_admins", "submit"}
COPIES = {"kept", "person", "invitation"}  # by which ``defer_mail`` keeps a copy

HANDED_OVER_ELSEWHERE = {
    ("workflow/notices/mail.py", "send_mail"): "the worker hands over what was queued, with its copy",
    ("workflow/notices/mail.py", "submit"): "the one place where a mail is made for the mail server",
    ("workflow/guests/mails.py", "send_code"): "a guest's code is drawn by the worker, kept without it",
    ("stakeholders/accounts.py", "send_mail"): "through QueuedBackend, which keeps what it queues",
    ("stakeholders/public_address.py", "send_mail"): "allauth's own, through QueuedBackend",
}


def functions(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def calls(names: set[str]) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each call of these names in the rooms: its file, its function, the call."""
    for path, module in ours().items():
        for function, node in functions(module):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and called(inner) in names:
                    yield path, function, inner


def test_no_mail_is_queued_without_its_copy() -> None:
    found = list(calls({"defer_mail"}))
    assert len(found) >= 10, "the search still finds them"
    without = [
        (p, f) for p, f, call in found if not COPIES & {word.arg for word in call.keywords if word.arg}
    ]
    assert without == []


def test_no_mail_is_made_nor_handed_over_but_where_it_is_said() -> None:
    found = {(path, function) for path, function, _call in calls(MAKERS)}
    # to a thread, of the standard library
    found -= {("signatures/levels.py", "level_of"), ("signatures/levels_now.py", "facts_of")}
    assert found == set(HANDED_OVER_ELSEWHERE)


def prefixes() -> set[str]:
    """The prefixes of allauth's mails, by the templates that it ships and those that are ours."""
    shipped = Path(allauth.__file__).parent / "templates"
    names = {path.relative_to(shipped).as_posix() for path in shipped.rglob("email/*_message.txt")}
    names |= {name for name in templates() if re.search(r"/email/\w+_message\.txt$", name)}
    return {name.removesuffix("_message.txt") for name in names if "/base_" not in name}


def test_each_mail_of_allauth_says_what_of_it_gives_access() -> None:
    assert prefixes() == set(SECRETS) | PLAIN


@pytest.mark.parametrize("prefix", sorted(PLAIN))
def test_a_mail_said_to_be_plain_shows_nothing_that_gives_access(prefix: str) -> None:
    names = {name for secrets in SECRETS.values() for name in secrets}
    given = {name: f"SECRET-{name}" for name in names if name != "password_reset_url"}
    # its address asks for a link, and is none: account_already_exists
    body = render_to_string(f"{prefix}_message.txt", {**given, "password_reset_url": "/reset/"})
    assert "SECRET" not in body


def test_the_backend_is_ours() -> None:
    """The tests put another in its place: what the settings say is what an installation uses."""
    settings = (ROOT / "config/settings.py").read_text(encoding="utf-8")
    assert 'EMAIL_BACKEND = "workflow.notices.mail.QueuedBackend"' in settings
