"""The page of a sealed contract shows the report kept of it, whatever it says, in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import kept
from signatures.models import Envelope, KeptReport
from signatures.report import Problem, Report, SignatureRow, TimestampRow, Verdict
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner

SHA256 = "ab" * 32
FIELD = "Signataire-01"


class Page:
    """The result page of one contract, as its prefect reads it."""

    def __init__(self, cast: Cast) -> None:
        contract = plot.at_signing(cast)
        with as_owner():
            sealed = {"state": Envelope.State.SEALED, "sealed_sha256": SHA256, "sealed_at": timezone.now()}
            Envelope.objects.filter(pk=plot.envelope(contract).pk).update(**sealed)
        self.address = reverse("result", args=[contract.pk])
        self.browser = Client()
        self.browser.force_login(cast.prefete)

    def text(self, language: str = "fr") -> str:
        self.browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return self.browser.get(self.address).content.decode()


@pytest.fixture
def shown(cast: Cast) -> Page:
    return Page(cast)


def report(*problems: Problem, verdict: Verdict = Verdict.PASSED) -> Report:
    now = timezone.now()
    row = SignatureRow(
        field=FIELD,
        signer="Hélène Marchand",
        organisation="Préfecture de Clairval",
        title="Préfète",
        serial="1f",
        algorithm="sha256_ecdsa",
        signed_at=now,
        timestamped_at=now,
        level="B-LTA",
        certificate_not_after=now + dt.timedelta(days=900),
        specimen=True,
        verdict=verdict,
        sub_indication="OK",
    )
    return Report(list(problems), [row], [TimestampRow("Sceau", "Horodatage", now, ok=True)], now, "contract")


REVOKED = Problem("revoked", FIELD, Verdict.FAILED)
UNPROVEN = Problem("revoked_no_poe", FIELD, Verdict.INDETERMINATE, {"why": "timestamp_untrusted"})
UNARCHIVED = Problem("not_archived", FIELD, Verdict.INDETERMINATE, {"level": "B-T"})


def test_before_any_report_the_page_promises_one(shown: Page) -> None:
    text = shown.text()
    assert "La vérification de ce fichier est en cours." in text
    assert SHA256 in text and "Télécharger le contrat signé" in text
    for word in ("document inchangé depuis", "ne vous fiez pas", 'id="signatures-titre"', "règles"):
        assert word not in text


@pytest.mark.parametrize(
    ("found", "said", "not_said"),
    [
        (report(), ["document inchangé depuis", "SPÉCIMEN", "</i> valide</span>"], ["ne vous fiez pas"]),
        (
            report(UNPROVEN, UNARCHIVED, verdict=Verdict.INDETERMINATE),
            [
                "ne permet pas de conclure",
                "son horodatage vient d’une autorité qui n’est pas reconnue ici",
                "niveau\xa0: B-T",
                " indéterminée</span>",
            ],
            ["document inchangé", "La vérification échoue", "</i> valide</span>"],
        ),
        (
            report(REVOKED, UNPROVEN, verdict=Verdict.FAILED),
            ["La vérification échoue", "déjà révoqué quand elle a été faite", " non valide</span>"],
            ["document inchangé", "ne permet pas de conclure", "</i> valide</span>"],
        ),
    ],
    ids=["valid", "indeterminate", "invalid"],
)
def test_each_verdict_has_its_page(shown: Page, found: Report, said: list[str], not_said: list[str]) -> None:
    kept.keep(SHA256, found)
    text = shown.text()
    assert "Rapport établi" in text or "rapport établi" in text
    assert [word for word in said if word not in text] == []
    assert [word for word in not_said if word in text] == []


def test_a_level_is_told_in_a_sentence_and_only_among_the_technical_details(shown: Page) -> None:
    kept.keep(SHA256, report())
    before, opened, after = shown.text().partition("<summary>Détails techniques</summary>")
    told, closed, rest = after.partition("</details>")
    assert opened and closed and "B-LTA" not in before + rest
    assert "Hélène Marchand" in told
    assert "B-LTA\xa0: avec une preuve de sa date, et de quoi la vérifier longtemps" in told


def test_a_report_of_former_rules_says_so(shown: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep(SHA256, report())
    told = "suit les règles de vérification antérieures"
    assert told not in shown.text()
    monkeypatch.setattr(kept, "RULES", kept.RULES + 1)
    assert told in shown.text()


def test_the_reasons_are_told_in_the_language_of_whoever_reads(shown: Page) -> None:
    kept.keep(SHA256, report(UNPROVEN, UNARCHIVED, verdict=Verdict.INDETERMINATE))
    data: dict[str, Any] = KeptReport.objects.get().data
    assert [one["facts"] for one in data["problems"]] == [{"why": "timestamp_untrusted"}, {"level": "B-T"}]
    english = shown.text("en")
    assert "its time-stamp comes from an authority that is not recognised here" in english
    assert "horodatage" not in english
    assert "son horodatage" in shown.text("fr")


def test_a_report_kept_before_facts_were_stays_readable(shown: Page) -> None:
    """Its sentence is all there is: shown as it was told, and marked as French."""
    data = report(UNARCHIVED, verdict=Verdict.INDETERMINATE).as_dict()
    told = {"message": "L’archivage n’était pas prouvé.", "field": FIELD, "verdict": "INDETERMINATE"}
    data["problems"] = [{"code": "not_archived", **told}]
    KeptReport.objects.create(
        document_sha256=SHA256, rules="2 pyhanko-0.0 0", verdict="INDETERMINATE", data=data
    )
    assert '<li lang="fr">L’archivage n’était pas prouvé.</li>' in shown.text("en")
    data["problems"][0] |= {"code": "of_the_past", "facts": {}}
    KeptReport.objects.create(
        document_sha256=SHA256, rules="2 pyhanko-0.0 0", verdict="INDETERMINATE", data=data
    )
    assert "L’archivage n’était pas prouvé." in shown.text("fr")
