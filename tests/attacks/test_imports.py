"""Hostile documents: each is answered by its name, within ten seconds and 512 MB, and nothing is fetched."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from contracts.imports import reading, sentences
from contracts.imports.child import MEMORY
from tests.attacks.documents import HARD, REFUSED
from tests.contracts.documents import docx, p


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_document_is_refused_by_its_name(name: str) -> None:
    code, made = REFUSED[name]
    content = made()
    started = time.monotonic()
    said = reading.ask(content, [])
    assert time.monotonic() - started < reading.WITHIN
    assert said.get("refused") == code, said
    assert 0 < said["peak"] < MEMORY
    with pytest.raises(reading.Refused) as refused:
        raise reading.Refused(said["refused"], said["what"])
    assert refused.value.message.startswith(sentences.sentence(code)[:40])


@pytest.mark.parametrize("name", HARD)
def test_a_document_that_costs_much_is_read_all_the_same(name: str) -> None:
    started = time.monotonic()
    said = reading.ask(HARD[name](), [])
    assert time.monotonic() - started < reading.WITHIN
    assert "read" in said, said
    assert said["peak"] < MEMORY


def test_the_corpus_is_large_enough_and_every_refusal_is_in_it() -> None:
    assert len(REFUSED) >= 40
    never = {"exhausts", "busy", "too_much"}
    assert {code for code, _made in REFUSED.values()} | never == set(sentences.codes())
    assert all(sentence.endswith((".", ".)")) for sentence in map(sentences.sentence, sentences.codes()))


def test_what_takes_too_long_or_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WITHIN", 0.001)
    with pytest.raises(reading.Refused) as refused:
        reading.read(docx(p("a")), volets=[])
    assert refused.value.code == "exhausts"


def test_the_process_is_bound(tmp_path: Path) -> None:
    """It can neither have more memory, nor write a file; it knows none of our secrets."""
    tried = (
        "import os, json, sys\nfrom contracts.imports import child\nchild.confine()\nfound = {}\n"
        "try:\n bytearray(600 * 1024 * 1024)\nexcept MemoryError:\n found['memory'] = 'held'\n"
        "try:\n os.write(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), b'a')\n"
        "except OSError:\n found['file'] = 'held'\n"
        "found['names'] = sorted(os.environ)\nos.write(1, json.dumps(found).encode())\n"
    )
    ended = reading.run_alone(["-c", tried, str(tmp_path / "a")], b"")
    assert ended is not None
    said = json.loads(ended.stdout)
    assert (said["memory"], said["file"]) == ("held", "held")
    assert set(said["names"]) <= {*reading.ENVIRONMENT, "LC_CTYPE"}


def test_the_reader_knows_no_way_to_the_network() -> None:
    """Of all that the limited process loads, nothing opens a socket."""
    loaded = "import sys, contracts.imports.child\nprint(*sorted(sys.modules))"
    ended = reading.run_alone(["-c", loaded], b"")
    assert ended is not None
    names = set(ended.stdout.decode().split())
    assert "contracts.imports.word" in names
    assert not {"socket", "_socket", "ssl", "urllib.request", "http", "django", "subprocess"} & names
