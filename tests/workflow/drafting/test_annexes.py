"""The annexes of a draft: real files, read as they come in, held by those who may, frozen with the text."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts.canonical import content_of
from contracts.models import Annex, Contract, Participation, VersionAnnex
from signatures import blobs
from stakeholders.kinds import Power
from stakeholders.permissions import grant
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.signatures.test_enclosures import ZIP, picture, plain
from tests.signatures.test_uploads import SCRIPT, attach, changed, open_with
from tests.stage import run_jobs
from tests.workflow.drafting.test_freeze import address_of, at_freeze, posted
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.drafting import acts, annex_acts
from workflow.drafting.jobs import printed
from workflow.engine.jobs import WorkFailed
from workflow.record import stored
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid
from workflow.standing.readers import reads_restricted

OPEN: dict[str, Any] = {"title": "Plan d’action", "kind": "table", "publishable": "True", "attached": "True"}
KEPT: dict[str, Any] = {
    "title": "Implantation des caméras",
    "kind": "map",
    "publishable": "False",
    "reason": "public_security",
    "attached": "True",
}


@pytest.fixture
def contract(players: Cast, blob_folder: Path) -> Contract:
    return plot.opened(small_contract(players))


def address(contract: Contract, name: str = "draft_annexes", annex: Annex | None = None) -> str:
    return reverse(name, args=[contract.pk, *([annex.pk] if annex else [])])


def file(data: bytes, name: str = "annexe.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def added(client: Client, contract: Contract, data: bytes | None = None, **facts: Any) -> Annex:
    sent = {**OPEN, **facts, "file": file(data or plain())}
    answer = client.post(address(contract, "annex_add"), sent)
    assert answer.status_code == 302, answer.content.decode()
    return Annex.objects.filter(contract=contract).latest("pk")


def form_of(client: Client, contract: Contract, annex: Annex) -> dict[str, Any]:
    page = client.get(address(contract, "annex_edit", annex))
    bound = [*page.context["form"], *page.context["file_form"]]
    return {one.html_name: one.value() or "" for one in bound if one.html_name != "file"} | {
        name: str(page.context["form"][name].value()) for name in ("publishable", "attached")
    }


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\u00a0", " ").split())


def verbs(contract: Contract) -> list[str]:
    found = JournalEntry.objects.filter(contract=contract, verb__startswith="annex_").order_by("number")
    return list(found.values_list("verb", flat=True))


def test_an_annex_is_added_changed_moved_and_withdrawn(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    assert "Aucune annexe" in words(client.get(address(contract)))
    answer = client.post(address(contract, "annex_add"), {**OPEN, "file": file(plain(3))}, follow=True)
    assert "fichier lu en entier, 3 pages" in words(answer)
    first = contract.annexes.get()
    assert blobs.get(first.file_sha256) == plain(3)
    assert (first.order, first.size, first.pages, first.attached) == (1, len(plain(3)), 3, True)
    second = added(client, contract, **KEPT)
    assert (second.order, second.attached, second.reason) == (2, False, "public_security")
    page = words(client.get(address(contract)))
    assert "Restreinte, à côté du contrat : sûreté de l’État" in page
    form = form_of(client, contract, first) | {"title": "Programme d’action"}
    assert client.post(address(contract, "annex_edit", first), form).status_code == 302
    first.refresh_from_db()
    assert (first.title, first.pages) == ("Programme d’action", 3), "its file stays"
    assert client.post(address(contract, "annex_move", second), {"direction": "up"}).status_code == 302
    assert [row.pk for row in contract.annexes.all()] == [second.pk, first.pk]
    assert (
        client.post(address(contract, "annex_move", second), {"place": "2", "volet": "0"}).status_code == 302
    )
    got = client.get(address(contract, "annex_file", first))
    assert got.content == plain(3)
    assert got.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "remonteront" in words(client.get(address(contract, "annex_withdraw", first)))
    assert contract.annexes.count() == 2, "looking withdraws nothing"
    assert client.post(address(contract, "annex_withdraw", first)).status_code == 302
    assert [(row.pk, row.order) for row in contract.annexes.all()] == [(second.pk, 1)]
    expected = ["annex_added", "annex_added", "annex_changed", "annex_changed", "annex_changed"]
    assert verbs(contract) == [*expected, "annex_withdrawn"]
    entry = JournalEntry.objects.filter(contract=contract, verb="annex_added").order_by("number")[0]
    assert entry.payload["file_sha256"] == first.file_sha256


def test_a_picture_is_taken_as_a_pdf_and_its_page_says_so(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    sent = {**OPEN, "file": file(picture((900, 600), "JPEG"), "plan.jpg")}
    assert "image JPEG reprise en PDF d’une page" in words(
        client.post(address(contract, "annex_add"), sent, follow=True)
    )
    assert blobs.get(contract.annexes.get().file_sha256).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("data", "name", "word"),
    [
        (
            changed(lambda pdf: None, encryption=pikepdf.Encryption(owner="a", user="b")),
            "a.pdf",
            "sans mot de",
        ),
        (changed(open_with(SCRIPT)), "a.pdf", "script"),
        (changed(attach), "a.pdf", "fichier joint"),
        (ZIP, "a.docx", "exportez-le au format PDF"),
        (b"MZ" + bytes(99), "a.pdf", "programme"),
        (plain()[:-300], "a.pdf", "malformé"),
        (bytes(10 * 1024 * 1024 + 1), "a.pdf", "10 Mo au plus"),
    ],
    ids=["encrypted", "script", "attached", "docx", "exe", "truncated", "heavy"],
)
def test_a_file_that_cannot_be_kept_is_refused_and_the_rest_stays(
    players: Cast, contract: Contract, client: Client, data: bytes, name: str, word: str
) -> None:
    client.force_login(players.pilote_ville)
    answer = client.post(address(contract, "annex_add"), {**KEPT, "file": file(data, name)})
    assert answer.status_code == 422
    said = words(answer)
    assert word in said and KEPT["title"] in said, "nothing typed is lost"
    assert not contract.annexes.exists() and verbs(contract) == []


def test_a_good_file_is_held_while_its_reason_is_asked(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    without = {**KEPT, "reason": "", "file": file(plain(), "cameras.pdf")}
    answer = client.post(address(contract, "annex_add"), without)
    assert answer.status_code == 422
    assert "Dites quelle règle s’oppose" in words(answer) and "« cameras.pdf » est gardé" in words(answer)
    token = answer.context["file_form"].fields["file"].widget.token
    other = client.post(address(contract, "annex_add"), {**KEPT, "reason": "other", "file-held": token})
    assert "l’article de loi" in words(other)
    assert client.post(address(contract, "annex_add"), {**KEPT, "file-held": token}).status_code == 302
    assert blobs.get(contract.annexes.get().file_sha256) == plain()


def test_no_file_is_no_annex(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    assert client.post(address(contract, "annex_add"), OPEN).status_code == 422
    assert not contract.annexes.exists()


def test_two_who_change_an_annex_do_not_overwrite_each_other(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    row = added(client, contract)
    mine = form_of(client, contract, row)
    theirs = {**mine, "title": "Autre titre", "file": file(plain(5))}
    assert client.post(address(contract, "annex_edit", row), theirs).status_code == 302
    clash = client.post(address(contract, "annex_edit", row), {**mine, "file": file(plain(7))})
    assert clash.status_code == 422
    assert "Quelqu’un a remplacé ce fichier entre-temps" in words(clash)
    row.refresh_from_db()
    assert (row.title, row.pages) == ("Autre titre", 5)
    annex_acts.withdraw(players.pilote_prefecture, contract, row.pk)
    gone = client.post(address(contract, "annex_edit", row), mine)
    assert gone.status_code == 409 and "retirée entre-temps" in words(gone) and "Plan d’action" in words(gone)


def test_the_pilots_write_the_others_read_what_they_may(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    public, kept = added(client, contract), added(client, contract, **KEPT)
    justice = players.organisation("org-parquet")
    looks_on = Participation.objects.create(contract=contract, organisation=justice, part="observer")
    grant(Power.VIEW, justice, contract)
    client.force_login(players.procureure)
    page = words(client.get(address(contract)))
    assert KEPT["title"] in page and "Réservée aux pilotes" in page
    assert client.get(address(contract, "annex_file", public)).status_code == 200
    assert client.get(address(contract, "annex_file", kept)).status_code == 404, "who looks on"
    assert client.post(address(contract, "annex_add"), {**OPEN, "file": file(plain())}).status_code == 403
    assert client.post(address(contract, "annex_withdraw", public)).status_code == 403
    looks_on.part = "reviewer"
    looks_on.save()
    assert client.get(address(contract, "annex_file", kept)).status_code == 200, "who is asked"
    for person in (players.prefete, players.maire, players.pilote_prefecture):
        assert reads_restricted(person, contract)
    client.force_login(players.outsider)
    for name, row in (
        ("draft_annexes", None),
        ("annex_add", None),
        ("annex_edit", public),
        ("annex_file", public),
    ):
        assert client.get(address(contract, name, row)).status_code == 404
    assert contract.annexes.count() == 2


def test_another_contracts_annex_is_not_reached_by_this_one(
    players: Cast, contract: Contract, client: Client
) -> None:
    other = plot.opened(small_contract(players, "CSI-00-2026-901"))
    client.force_login(players.pilote_ville)
    row = added(client, other)
    for name in ("annex_edit", "annex_file", "annex_withdraw"):
        assert client.get(address(contract, name, row)).status_code == 404
    assert client.post(address(contract, "annex_move", row), {"direction": "up"}).status_code == 404


def test_what_lacks_blocks_on_the_page_that_freezes(cast: Cast) -> None:
    contract = at_freeze(cast)
    pilot = logged_in(cast.pilote_ville)
    row = added(pilot, contract)
    Annex.objects.filter(pk=row.pk).update(publishable=False, attached=False)
    Annex.objects.create(contract=contract, order=2, title="Promise")
    page = words(pilot.get(address_of(contract)))
    assert "restreinte sans motif" in page and "n’a pas de fichier" in page
    assert address(contract, "annex_edit", row) in page
    with pytest.raises(Invalid, match="n’a pas de fichier"):
        acts.freeze_version(cast.pilote_ville, plot.task(contract, "freeze").pk)
    contract.annexes.get(order=2).delete()
    Annex.objects.filter(pk=row.pk).update(publishable=True)
    (blobs.folder() / row.file_sha256[:2] / row.file_sha256).write_bytes(b"damaged")
    assert "n’est plus lisible" in words(pilot.get(address_of(contract)))
    blobs.put(plain())
    assert pilot.post(address_of(contract), posted(pilot, contract)).status_code == 302


def test_a_version_holds_its_annexes_and_gives_them_to_those_who_may(cast: Cast) -> None:
    contract = at_freeze(cast)
    pilot = logged_in(cast.pilote_ville)
    public, kept = added(pilot, contract), added(pilot, contract, picture((90, 60), "PNG"), **KEPT)
    version = acts.freeze_version(cast.pilote_ville, plot.task(contract, "freeze").pk)
    run_jobs()
    version.refresh_from_db()
    with pikepdf.open(io.BytesIO(blobs.get(version.pdf_sha256))) as pdf:
        assert list(pdf.attachments) == ["Annexe-01-plan-d-action.pdf"]
    rows = version.content["annexes"]
    assert [row["file"]["sha256"] for row in rows] == [public.file_sha256, kept.file_sha256]
    named = {public.file_sha256, kept.file_sha256}
    assert set(VersionAnnex.objects.values_list("file_sha256", flat=True)) == named
    late = pilot.post(address(contract, "annex_withdraw", public))
    assert late.status_code == 409 and contract.annexes.count() == 2
    with as_owner():  # a draft that has gone on
        contract.annexes.all().delete()
    assert named <= stored.named(), "what a backup holds and a restoration checks"
    reads = logged_in(cast.rtac)
    for number, row in ((1, public), (2, kept)):
        there = reverse("version_annex", args=[contract.pk, 1, number])
        assert reads.get(there).content == blobs.get(row.file_sha256)
        assert logged_in(cast.outsider).get(there).status_code == 404
        for page in (reverse("version", args=[contract.pk, 1]), reverse("contract", args=[contract.pk])):
            assert there in reads.get(page).content.decode()
    review = plot.task(contract, "review", cast.organisation("org-rtac"))
    assert "Implantation des caméras" in words(reads.get(reverse("task", args=[contract.pk, review.pk])))
    assert reads.get(reverse("version_annex", args=[contract.pk, 1, 3])).status_code == 404
    Participation.objects.filter(contract=contract, organisation__code="org-rtac").update(part="observer")
    seen = words(reads.get(reverse("version", args=[contract.pk, 1])))
    assert "Réservée aux pilotes" in seen and KEPT["title"] in seen
    assert reads.get(reverse("version_annex", args=[contract.pk, 1, 2])).status_code == 404
    (blobs.folder() / kept.file_sha256[:2] / kept.file_sha256).write_bytes(b"damaged")
    with pytest.raises(WorkFailed, match="Implantation des caméras"):
        printed(contract, version)


@pytest.mark.race
def test_an_annex_is_in_the_version_or_withdrawn_before_it(cast: Cast) -> None:
    contract = at_freeze(cast)
    row = added(logged_in(cast.pilote_ville), contract)
    waiting = plot.task(contract, "freeze").pk
    ended = at_once(
        partial(acts.freeze_version, cast.pilote_ville, waiting),
        partial(annex_acts.withdraw, cast.pilote_prefecture, contract, row.pk),
    )
    version = plot.version(contract)
    assert ended[0] == "done"
    held = [one["key"] for one in version.content["annexes"]]
    assert (ended[1], held) in [("Locked", [row.pk]), ("done", [])]
    assert version.annex_files.count() == len(held)
    assert [one["key"] for one in content_of(contract)["annexes"]] == held


def test_who_withdraws_one_that_is_gone_is_told_so(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    row, elsewhere = (
        added(client, contract),
        added(client, plot.opened(small_contract(players, "CSI-00-2026-901"))),
    )
    withdraw = address(contract, "annex_withdraw", row)
    assert client.post(withdraw).status_code == 302
    for again in (
        client.post(withdraw),
        client.get(withdraw),
        client.get(address(contract, "annex_edit", row)),
    ):
        assert again.headers["Location"] == address(contract)
    assert client.post(address(contract, "annex_move", row), {"direction": "up"}).status_code == 302
    assert "Cette annexe a déjà été retirée du projet." in words(client.get(address(contract)))
    assert verbs(contract).count("annex_withdrawn") == 1
    assert client.post(address(contract, "annex_withdraw", elsewhere)).status_code == 404
    client.force_login(players.outsider)
    assert client.post(withdraw).status_code == 404


def test_the_same_file_twice_is_pointed_out(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    once, other = plain(), picture((90, 60), "PNG")
    added(client, contract, once)
    added(client, contract, other)
    assert "Le même fichier" not in words(client.get(address(contract)))
    added(client, contract, once, title="Le même plan")
    assert "Le même fichier est déjà l’annexe" in words(client.get(address(contract)))
