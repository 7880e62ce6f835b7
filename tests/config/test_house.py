"""The house itself: rooms, templates, locks, and what must not be in a tracked file."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode

from tests.servers import ASKED_AGAIN

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "workflow", "contracts", "signatures", "stakeholders")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, with those not yet added; never what git ignores."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(path for line in listing.stdout.splitlines() if (path := ROOT / line).is_file())


def texts(*suffixes: str) -> dict[str, str]:
    """The tracked text files that are ours, by path from the root."""
    found = {}
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("config/static/vendor/") or (suffixes and path.suffix not in suffixes):
            continue
        raw = path.read_bytes()
        if b"\0" not in raw:
            found[name] = raw.decode()
    return found


@cache
def templates() -> dict[str, Path]:
    """Our templates: the name by which Django finds each, and its file."""
    found = {}
    for folder in (*(ROOT / room / "templates" for room in ROOMS), *(ROOT / "workflow").glob("*/templates")):
        found.update(
            {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        )
    return found


def test_rooms_keep_to_their_imports() -> None:
    """Imports point one way, and each heavy library stays in its room (.importlinter)."""
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken", result.stdout)


@pytest.mark.django_db
def test_migrations_follow_the_models() -> None:
    """No migration is missing."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_template_is_used() -> None:
    """Each template of ours is named in the code or in another template, or replaces an application's own."""
    mentions = "\n".join(texts(".py", ".html").values())
    others = {
        Path(config.path) / "templates"
        for config in apps.get_app_configs()
        if config.name.split(".")[0] not in ROOMS
    }
    unused = []
    for name in templates():
        replaces = any((folder / name).is_file() for folder in others)
        if not replaces and f'"{name}"' not in mentions and f"'{name}'" not in mentions:
            unused.append(name)
    assert unused == []


def test_every_page_stands_on_the_base() -> None:
    """A template extends another down to frame.html, unless it is a partial, an element or a mail."""
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    apart = re.compile(r"(^|/)_partials/|/mail/|^frame\.html$|/elements/|\.txt$")
    for name in templates():
        source = get_template(name).template  # type: ignore[attr-defined]  # which also parses it
        if apart.search(name):
            assert not source.nodelist.get_nodes_by_type(ExtendsNode) or "/elements/" in name, name
        else:
            assert source.nodelist.get_nodes_by_type(ExtendsNode), f"{name} stands alone"


@pytest.mark.parametrize("name", sorted(templates()))
def test_templates_keep_to_the_content_policy(name: str) -> None:
    """No inline style, script or handler: the policy would block it. No address outside either."""
    page = templates()[name].read_text()
    if "/mail/" not in name:  # mailboxes read no sheet, and no page of ours shows a mail under its own policy
        assert not re.search(r"\sstyle\s*=", page), "style="
    assert not re.search(r"<style\b", page), "<style>"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", page), "on…="
    assert not re.search(r"\shx-on\b|\sjavascript:", page), "hx-on"
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL):
        assert "src=" in attributes, "inline script"
        assert not body.strip(), "inline script"
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", page), "address outside"
    assert "|safe" not in page


def test_forms_change_things_by_post_with_a_token() -> None:
    """Each form that posts carries its token; a form that gets does not."""
    for name, path in templates().items():
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
            posts = re.search(r"method=[\"']post[\"']", form, re.IGNORECASE) is not None
            assert posts == ("csrf_token" in form), name


def test_locks_hold_hashes_and_no_address() -> None:
    """Each pin of requirements*.txt has a hash; no index, link or address is written."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        lock = (ROOT / name).read_text()
        pins = re.split(r"^(?=[a-zA-Z0-9])", lock, flags=re.MULTILINE)[1:]
        assert len(pins) > 50
        for pin in pins:
            assert re.match(r"[a-zA-Z0-9._-]+(?:\[[a-z0-9,_-]+\])?==\S+", pin), pin.splitlines()[0]
            assert "--hash=sha256:" in pin, pin.splitlines()[0]
        assert not re.search(r"https?://|--index|--extra-index|--find-links|^-[fi] ", lock, re.MULTILINE)
    pinned = {line for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    assert pinned <= set((ROOT / "requirements-dev.txt").read_text().splitlines())


def test_no_tracked_file_tells_of_a_machine() -> None:
    """No home folder, no absolute path of a checkout, no package registry's host."""
    machine = re.compile(
        r"(?<![\w/.])/(?:home|root|Users|work|workspace|builds|mnt)/[\w.-]"
        r"|\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|conda\.anaconda\.org)\b"
        r"|\bartifactory\b|\bnexus\.",
        re.IGNORECASE,
    )
    here = re.compile(re.escape(str(ROOT)) + r"\b")
    found = {
        name: match[0]
        for name, text in texts().items()
        if name != "tests/config/test_house.py" and (match := machine.search(text) or here.search(text))
    }
    assert found == {}


def test_no_tracked_file_holds_a_secret() -> None:
    """No private key, no token, no password in an address; no key store."""
    secret = re.compile(
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"
        r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}\b|\bglpat-[\w-]{20}\b|\bxox[bp]-\w{10}"
        r"|\b(?:postgres(?:ql)?|rediss?)://[^\s:@/{}\"'$]*:[^\s@/{}\"'$]+@"
    )
    found = {name: match[0] for name, text in texts().items() if (match := secret.search(text))}
    found.pop("config/database.py", None)  # its docstring shows the form of an address
    assert found == {}
    stores = {path.name for path in tracked() if path.suffix in {".p12", ".pfx", ".key", ".jks", ".sqlite3"}}
    assert stores == set()


def test_generated_things_are_ignored_by_git() -> None:
    """What the application and its tools make does not show in the repository."""
    for made in ("var/secret-key", "var/secrets/secret_key", "config/__pycache__/x.pyc", ".hypothesis/x"):
        result = subprocess.run(["git", "check-ignore", "--quiet", made], cwd=ROOT, check=False)
        assert result.returncode == 0, made


def test_no_room_has_a_drawer() -> None:
    """No module is named for what nobody could find in it (style of the house)."""
    drawers = {"utils", "helpers", "services", "common", "core", "misc"}
    named = {path.stem for path in tracked() if path.suffix == ".py"} | {
        path.parent.name for path in tracked() if path.suffix == ".py"
    }
    # the authorities' HTTP services are services in the field's own sense (CRL, OCSP, TSA)
    assert named & drawers <= {"services"}
    assert [path for path in tracked() if path.name == "services.py"] == [
        ROOT / "signatures/demo/pki/services.py"
    ]


@cache
def ours() -> dict[str, ast.Module]:
    """The modules of the rooms, parsed."""
    return {name: ast.parse(text) for name, text in texts(".py").items() if name.startswith(ROOMS)}


def test_no_import_hides_in_a_function() -> None:
    """An import inside a function breaks a cycle that should not exist."""
    hidden = [
        f"{name}:{node.lineno}"
        for name, module in ours().items()
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_one_module_knows_how_tasks_are_sought() -> None:
    """The engine's columns and statuses, and the way from a task to its contract: engine/tasks.py.

    The kinds of step write them, being the engine's own; so do the migrations, in SQL.
    """
    engines = re.compile(
        r"process__circuit__contract|flow_task__|flow_task_type|\bowner_permission(?:_obj_pk|_content_type)?\b"
        r"|\bseed_(?:object_id|content_type)\b|\bSTATUS\b"
    )
    knowing = {name for name, text in texts(".py").items() if name.startswith(ROOMS) and engines.search(text)}
    knowing = {name for name in knowing if "/migrations/" not in name}
    assert knowing == {"workflow/engine/tasks.py", "workflow/engine/nodes.py"}


def test_catching_everything_is_for_hostile_files_alone() -> None:
    """« except Exception » swallows what it cannot know, but at the one edge where hostile files are read."""
    swallowing = {
        name
        for name, module in ours().items()
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
        and not (
            isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        )  # tidies up, then goes on
    }
    assert swallowing <= {"signatures/validation.py"}


def test_a_refusal_is_caught_by_pages_alone() -> None:
    """Whoever reads asks a question that answers None; a refusal is raised by acts, for a page to answer.

    Several powers given at once, or contracts signed, are several acts: each is answered on its own line.
    """
    refusals = {"ActRefused", "NotAllowed", "AlreadyDone", "Invalid", "Locked", "NewVersion"}
    catching = {
        name
        for name, module in ours().items()
        for handler in ast.walk(module)
        if isinstance(handler, ast.ExceptHandler) and handler.type is not None
        for named in ast.walk(handler.type)
        if isinstance(named, ast.Name) and named.id in refusals
    }
    elsewhere = {name for name in catching if not name.endswith("views.py")}
    assert elsewhere == {"workflow/admin.py", "workflow/powers/together.py", "workflow/signing/many.py"}


def test_a_sentence_is_written_once() -> None:
    """A rule said in a model, a form and an act is said by one constant: the three cannot drift apart."""
    written = Counter(
        " ".join(call.args[0].value.split())
        for module in ours().values()
        for call in ast.walk(module)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"_", "gettext", "gettext_lazy"}
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    )
    assert len(written) > 500
    assert [text for text, times in written.items() if times > 1 and text.endswith((".", "!", "?"))] == []


def test_links_between_documents_lead_somewhere() -> None:
    """Each relative link or image of a document names a file of the repository, and each anchor a heading."""
    for name, text in texts(".md").items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("http"):
                continue
            path, _sharp, anchor = target.partition("#")
            file = (ROOT / name).parent / path if path else ROOT / name
            assert file.exists(), f"{name}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, (
                    target
                )


@pytest.mark.parametrize("script", ["run", "test", ".ci/run", "docker/make-secrets", "manage.py"])
def test_scripts_can_be_run(script: str) -> None:
    """A script is executable, and its shell accepts it."""
    path = ROOT / script
    assert os.access(path, os.X_OK)
    if "bash" in path.read_text().splitlines()[0]:
        subprocess.run(["bash", "-n", str(path)], check=True)


def test_documents_name_tests_that_exist() -> None:
    named = {
        (name, found)
        for name, text in texts(".md").items()
        if name != "CHANGELOG.md"
        for found in re.findall(r"\btests/[\w./]*[\w/]", text)
    }
    assert named, "the table of docs/security.md names its tests"
    assert not [(name, found) for name, found in sorted(named) if not (ROOT / found).exists()]


def test_the_security_table_speaks_of_every_chapter() -> None:
    """WebRTC (V17) does not apply; OWASP ASVS 5.0 has seventeen chapters."""
    table = (ROOT / "docs" / "security.md").read_text()
    headings = " ".join(re.findall(r"^### (.*)$", table, re.MULTILINE))
    assert {f"V{number}" for number in range(1, 17)} <= set(re.findall(r"V\d+", headings))


def test_what_is_asked_of_other_servers_exists() -> None:
    assert [place for place in ASKED_AGAIN if not (ROOT / "tests" / place).is_file()] == []
