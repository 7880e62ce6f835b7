"""Who has only the database, or only the store, changes nothing of what the journal names unseen."""

from __future__ import annotations

from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from contracts.models import Contract, ContractVersion
from signatures import anchoring, blobs
from signatures.models import Envelope
from tests import plot
from tests.cast import Cast
from tests.owner import untied
from tests.pki import ServedPki
from workflow.record import anchors, journal
from workflow.record.journal import link
from workflow.record.models import Anchor, JournalEntry


@pytest.fixture
def contract(cast: Cast) -> Contract:
    found = plot.sealed(cast)
    anchors.anchor(journal.head()[0])
    return found


def verified(*options: str) -> tuple[int, list[str]]:
    """Run the command; return its exit status and its lines."""
    said = StringIO()
    try:
        call_command("verify_journal", *options, stdout=said)
    except CommandError as error:
        return error.returncode, f"{said.getvalue()}{error}".splitlines()
    return 0, said.getvalue().splitlines()


def entry(verb: str) -> JournalEntry:
    return JournalEntry.objects.filter(verb=verb).order_by("-number")[0]


def stored(sha256: str) -> Path:
    return Path(settings.BLOB_DIR) / sha256[:2] / sha256


def first(lines: list[str]) -> str:
    assert lines[0].startswith("Première écriture en défaut"), lines
    return lines[0].split(": ")[1].rstrip(".")


def test_a_sealed_contract_is_intact_and_its_documents_are_read(contract: Contract) -> None:
    status, said = verified()
    assert (status, len(said)) == (0, 1), said


def test_a_document_replaced_or_taken_away_is_named_with_its_entry(contract: Contract) -> None:
    made = entry("signature_made")
    path = stored(made.payload["final_sha256"])
    path.write_bytes(path.read_bytes() + b"\n")
    status, said = verified()
    assert status == 1
    assert first(said) == f"n° {made.number}"
    assert path.name in said[1] and "est altéré" in said[1]
    assert verified("--chain-only")[0] == 0, "the chain does not know"
    printed = entry("version_printed")
    stored(printed.payload["pdf_sha256"]).unlink()
    status, said = verified()
    assert (status, first(said)) == (1, f"n° {printed.number}"), (
        "the first bad row, whatever is wrong with it"
    )
    assert "manque" in said[1]


def test_a_sealed_file_replaced_in_the_row_and_the_store_is_named(contract: Contract) -> None:
    """Whoever holds both puts another file in its place, under its own name."""
    envelope = plot.envelope(contract)
    other = blobs.put(blobs.get(envelope.sealed_sha256) + b"% and more")
    with untied():
        Envelope.objects.filter(pk=envelope.pk).update(sealed_sha256=other)
    status, said = verified()
    assert (status, first(said)) == (1, f"n° {entry('contract_sealed').number}")
    assert "a été remplacé dans la base" in said[1]


def test_a_frozen_text_changed_in_the_row_is_named(contract: Contract) -> None:
    version = plot.version(contract)
    with untied():
        content = {**version.content, "title": "Autre titre"}
        ContractVersion.objects.filter(pk=version.pk).update(content=content)
    status, said = verified()
    assert (status, first(said)) == (1, f"n° {entry('version_frozen').number}")


def test_a_sealed_file_that_is_not_valid_is_named_though_every_hash_fits(contract: Contract) -> None:
    """The chain written anew around another file, and anchored anew: the file still has to be signed."""
    envelope = plot.envelope(contract)
    data = blobs.get(envelope.sealed_sha256)
    middle = data.index(b"/ByteRange") - 400
    forged = blobs.put(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    sealed = entry("contract_sealed")
    with untied():
        Envelope.objects.filter(pk=envelope.pk).update(sealed_sha256=forged)
        JournalEntry.objects.filter(pk=sealed.pk).update(payload={**sealed.payload, "sealed_sha256": forged})
        _rechain(sealed.number)
        Anchor.objects.all().delete()
    for path in Path(settings.ANCHOR_DIR).iterdir():
        path.unlink()
    anchors.anchor(journal.head()[0])
    status, said = verified("--chain-only")
    assert status == 0, said
    status, said = verified()
    assert (status, first(said)) == (1, f"n° {sealed.number}")
    assert "n’est pas valide" in said[1]


def test_the_end_cut_off_names_the_first_entry_that_is_missing(contract: Contract) -> None:
    count = journal.head()[0]
    with untied():
        JournalEntry.objects.filter(number__gt=count - 2).delete()
    status, said = verified("--chain-only")
    assert (status, first(said)) == (1, f"n° {count - 1}")
    assert "tronqué" in said[1]


def test_a_token_of_another_statement_in_the_place_of_an_anchor(contract: Contract, pki: ServedPki) -> None:
    """The end rewritten, and in both places a token that the authority really gave, for it as it is now."""
    count, before = journal.head()
    with untied():
        JournalEntry.objects.filter(number=count).update(quality="Ministre")
        _rechain(count)
    head = journal.head()
    token = anchoring.stamp(anchors.statement(*head))
    with untied():  # under the name of the one that was
        Anchor.objects.filter(number=count).update(token=token)
    status, said = verified("--chain-only")
    assert (status, first(said)) == (1, f"n° {count}")
    assert any("ne prouve rien" in line for line in said) and any("réécrit" in line for line in said)
    with transaction.atomic(), untied():  # under its own, in the database alone
        Anchor.objects.filter(number=count).update(hash=head[1])
    assert before != head[1]
    status, said = verified("--chain-only")
    assert (status, first(said)) == (1, f"n° {count}"), "the folder of anchors is not the database's"


def test_the_seal_vouches_for_each_entry_before_it(contract: Contract) -> None:
    """By the hashes of this contract's entries alone; the seal's own is anchored."""
    sealed = entry("contract_sealed")
    rows = JournalEntry.objects.filter(contract=contract)
    before = list(rows.filter(number__lt=sealed.number).order_by("number").values_list("hash", flat=True))
    assert sealed.payload["entries"] == len(before) > 10
    said = sha256("".join(f"{hash_}\n" for hash_ in before).encode()).hexdigest()
    assert sealed.payload["entries_sha256"] == said
    assert Anchor.objects.filter(number=sealed.number, hash=sealed.hash).exists()


def _rechain(start: int) -> None:
    previous = JournalEntry.objects.get(number=start - 1).hash
    for row in JournalEntry.objects.filter(number__gte=start).order_by("number"):
        row.previous_hash = previous
        row.hash = previous = link(row)
        row.save()
