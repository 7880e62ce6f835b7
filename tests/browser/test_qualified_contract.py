"""A contract of value, from its first page to « qualifiée »: what is deployed serves it, no demonstration.

The commands of our containers in processes of their own, with DEMONSTRATION=0; an authority of a test, whose
names say nothing of a specimen, on a trusted list of a test that the command loads. The commune's pilot opens
the contract at Chromium; the prefect enrols her card and signs with it, the mayor signs with a tool of his
own, and a stranger verifies the file. What is between (drafts, opinions, approvals, the council) is sent to
the same pages by plain requests.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from config.demo import scenes
from config.demo.opening import TARGET, begin, commitment_form, open_it, send_page
from config.demo.play import DATA
from config.demo.stage import Actor, Stage, form_of, option, today
from config.mail import folder_url
from config.run import free_port
from signatures.backends import SigningCertificate, certificate_of
from signatures.demo.pki import issuance
from signatures.demo.pki.services import Services
from signatures.models import EnrolledKey
from stakeholders.models import User
from tests import snapshots
from tests.browser.actor import DESK
from tests.browser.hands import Hands, Looked
from tests.browser.test_card import started
from tests.cast import PASSWORD, Cast
from tests.companion import tokens
from tests.config.deployed import ROOT, SERVICES, here, in_containers, run
from tests.pki import served
from tests.signatures import hsm, others
from tests.signatures.lists.scheme import POLICY, Scheme, certified
from tests.workflow.sockets import name_static_files

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kill,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed"),
]
PREFECT, MAYOR, PILOT = "p01", "p15", "p18"
PARTS = {"org-pref": "state_pilot", "org-ville": "city_pilot", "org-oh": "reviewer"}
LONG = 60_000  # ms: two cores serve, work, draw and type


def of_a_real_authority(
    common_name: str, *, organisation: str = "", title: str = "", **_more: str
) -> x509.Name:
    """Return a name as a real authority writes it: nothing of it says what is tested."""
    said = {
        NameOID.COUNTRY_NAME: "FR",
        NameOID.ORGANIZATION_NAME: organisation or "Confiance de l’Orme",
        NameOID.TITLE: title,
        NameOID.COMMON_NAME: common_name.replace("SPÉCIMEN Contreseing", "Confiance de l’Orme"),
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said.items() if value])


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An authority that certifies, answers and time-stamps, and is nobody's demonstration; yields where."""
    monkeypatch.setattr(issuance, "_name", of_a_real_authority)
    monkeypatch.setattr(issuance, "DEMO_POLICY", POLICY)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder = tmp_path / "authority"
    with override_settings(PKI_DIR=folder, PKI_URL=url, TRUST_ROOTS=[folder / "root.cert.pem"]):
        issuance.ensure()
        with served(Services(), port):
            yield url


def key_of(person: User) -> tuple[ec.EllipticCurvePrivateKey, SigningCertificate]:
    """Make a key for somebody, and have the authority certify it as qualified."""
    private = ec.generate_private_key(ec.SECP256R1())
    made = certified(private.public_key(), f"{person.first_name} {person.last_name}")
    chain = [issuance.load_certificate(name).public_bytes(Encoding.DER) for name in ("issuing", "root")]
    return private, certificate_of(made.public_bytes(Encoding.DER), tuple(chain))


@pytest.fixture
def deployed(
    kept_cast: Cast, transactional_db: None, authority: str, blob_folder: Path, tmp_path: Path
) -> Iterator[str]:
    """Pages and worker as our containers run them, people and no key; yields the address of the pages."""
    snapshots.restore(snapshots.CAST)
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert not EnrolledKey.objects.exists()
    scheme, port = Scheme(tmp_path), free_port()
    url = f"http://localhost:{port}"
    environment = in_containers(
        tmp_path,
        tmp_path,
        PUBLIC_URL=url,
        TIMESTAMP_URLS=f"{authority}/tsa",
        TRUST_ROOTS=str(tmp_path / "authority" / "root.cert.pem"),
        LOTL_CERTIFICATES=str(scheme.anchor),
        TRUSTED_LISTS_FETCHED="0",
        WEB_PROCESSES="1",
        LOG_LEVEL="ERROR",
    )
    (tmp_path / "email_url").write_text(folder_url(tmp_path))
    lists = [tmp_path / "eu-lotl.xml", tmp_path / "tl-fr.xml"]
    for path, xml in zip(lists, (scheme.lotl(), scheme.french(sequence=112)), strict=True):
        path.write_bytes(xml)
    with override_settings(STATIC_ROOT=tmp_path / "static"):  # as they lie: compressing took 13 s
        call_command("collectstatic", interactive=False, verbosity=0)
    name_static_files()
    told = {"0.0.0.0": "127.0.0.1", "8000": str(port)}  # noqa: S104 (read, not bound)
    with ExitStack() as ending:
        for service in ("web", "worker"):
            command = [told.get(word, word) for word in here(SERVICES[service]["command"])]
            process = subprocess.Popen(command, cwd=ROOT, env=environment)
            ending.callback(ends, process)
        loaded = run(here(["python", "manage.py", "load_trusted_lists", *map(str, lists)]), environment)
        assert "liste FR n° 112" in loaded.replace("\u00a0", " ")
        with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=30) as client:
            client.get(f"{url}/sante/").raise_for_status()
        yield url


def ends(process: subprocess.Popen[bytes]) -> None:
    """Have a process end as a container's is told to."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in {0, -signal.SIGTERM}


@dataclass
class Unlooked(Looked):
    """Nobody has axe read the pages here: the tests of each room do."""

    def at(self, page: Page, path: str) -> None:
        """Look at nothing."""


@dataclass
class Play(Stage):
    """The people of the contract: three at Chromium, the others by plain requests to the same pages."""

    browser: Browser = None  # type: ignore[assignment]

    def enter(self, person: str, name: str, email: str) -> Actor:
        """Sit somebody down before a browser of their own."""
        if person not in {PILOT, PREFECT, MAYOR}:
            return super().enter(person, name, email)
        context = self.browser.new_context(viewport=DESK, locale="fr-FR", reduced_motion="reduce")
        context.set_default_timeout(LONG)
        self.actors[person] = hands = Hands(name, email, context.new_page(), self.url, Unlooked())
        return hands

    def page(self, person: str) -> Page:
        """Return the page of one of the three."""
        found = self.actor(person)
        assert isinstance(found, Hands)
        return found.page


def open_contract(stage: Play, cast: Cast) -> None:
    """The commune's pilot opens a small contract: five pages, the last look, one commitment."""
    pilot = stage.actor(PILOT)
    path, form = begin(pilot)
    first = {"kind": "csi", "initiative": "local", "title": "Contrat de l’Orme", "letter_text": "Madame, …"}
    here = pilot.send(form, path, **first, letter_on=today().isoformat()).path
    start = today() + timedelta(days=60)
    period = {"period_start": start.isoformat(), "period_end": (start + timedelta(days=1800)).isoformat()}
    here = send_page(pilot, here, "participants", territory="Clairval-sur-Orme", **period)
    parts = {f"part-{cast.organisation(code).pk}": part for code, part in PARTS.items()}
    proposed = [field["name"] for field in form_of(pilot.get(here), here).select("select[name^=part-]")]
    here = send_page(pilot, here, "signataires", **{**dict.fromkeys(map(str, proposed), ""), **parts})
    here = send_page(pilot, here, "calendrier")
    here = send_page(pilot, here, "", target_date=(today() + TARGET).isoformat())
    open_it(stage, pilot, here)
    [add, *_more] = [
        str(link["href"])
        for link in pilot.get(f"{stage.contract}redaction/").select("main a[href$='/engagements/ajout/']")
    ]
    form = commitment_form(pilot, add)
    lead = option(form, "lead", "Ville de Clairval")
    pilot.send(form, add, title="Mettre deux agents en commun", party="city", lead=lead)


def test_a_contract_of_value_is_qualified(
    browser: Browser, kept_cast: Cast, deployed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Play(deployed, PASSWORD, json.loads(DATA.read_text(encoding="utf-8")), browser=browser)
    open_contract(stage, kept_cast)
    for pilot in ("p04", PILOT):
        scenes.finish_drafting(stage, pilot)
    scenes.freeze(stage, PILOT, "Version soumise aux avis")
    scenes.give_opinion(stage, "p21")
    held = enrols_card(stage, kept_cast.prefete, tmp_path, monkeypatch)
    for head in (PREFECT, "p17"):
        scenes.approve(stage, head)
    accepts_what_holds(stage)
    signs_by_card(stage, held, tmp_path)
    scenes.record_resolution(stage, "p20", "2026-11-014")
    signs_elsewhere(stage, kept_cast.maire, tmp_path)
    verified_by_a_stranger(browser, stage, tmp_path)
    stage.close()


def enrols_card(stage: Play, person: User, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tokens.Card:
    """The prefect enrols her card, whose certificate the list makes qualified."""
    private, certificate = key_of(person)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    held = tokens.make(folder / "card", monkeypatch, (tokens.Key("p256", person.email, certificate), pem))
    page = stage.page(PREFECT)
    page.goto(f"{stage.url}{reverse('signing_keys')}")
    expect(page.get_by_text("SPÉCIMEN")).to_have_count(0)
    page.get_by_role("link", name=re.compile("Enregistrer Carte à puce")).click()
    page.get_by_role("button", name="Demander un code").click()
    with started(page, held, folder) as program:
        for asked, answer in (
            ("Est-ce bien la même adresse ?", "oui"),
            ("Est-ce votre compte ?", "oui"),
            ("Quel certificat ?", "1"),
            ("Code PIN de la carte", tokens.PIN),
        ):
            program.sees(asked)
            program.types(answer)
        program.sees("vous pouvez signer avec cette carte")
        assert program.ended() == 0
    page.goto(f"{stage.url}{reverse('signing_keys')}")
    expect(page.get_by_text("qualifiée").first).to_be_visible()
    return held


def accepts_what_holds(stage: Play) -> None:
    """The mayor has enrolled nothing, as he signs with a tool of his own: a pilot accepts it."""
    page, pilot = stage.page(PILOT), stage.actor(PILOT)
    page.goto(f"{stage.url}{pilot.wait_for('Lever les avertissements avant la signature', stage.contract)}")
    expect(page.get_by_text("n’a enregistré aucun moyen de signature")).to_have_count(1)
    page.get_by_label("Motif").fill("Le maire signe avec son propre outil.")
    page.get_by_role("button", name="Les accepter tous").click()
    expect(page.get_by_text("La signature s’ouvre").first).to_be_visible()


def signs_by_card(stage: Play, held: tokens.Card, folder: Path) -> None:
    """The prefect signs with her card."""
    page = stage.page(PREFECT)
    page.goto(f"{stage.url}{stage.actor(PREFECT).wait_for('Signer', stage.contract)}")
    page.get_by_role("button", name="Signer", exact=True).click()
    with started(page, held, folder) as program:
        program.sees("Que faire ?")
        program.types("2")
        program.sees("Code PIN de la carte")
        program.types(tokens.PIN)
        program.sees("Signature remise")
        assert program.ended() == 0
    expect(page.get_by_role("heading", name="Votre signature est apposée et vérifiée")).to_be_visible(
        timeout=LONG
    )


def signs_elsewhere(stage: Play, person: User, folder: Path) -> None:
    """The mayor downloads the document, signs it with a tool that knows nothing of us, brings it back."""
    private, certificate = key_of(person)
    page = stage.page(MAYOR)
    page.goto(f"{stage.url}{stage.actor(MAYOR).wait_for('Signer', stage.contract)}")
    with page.expect_download() as given:
        page.get_by_role("link", name="Télécharger le document à signer").click()
    store = SimpleCertificateStore()
    store.register_multiple([asn1_x509.Certificate.load(one) for one in certificate.chain])
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        asn1_x509.Certificate.load(certificate.certificate), asn1_keys.PrivateKeyInfo.load(pkcs8), store
    )
    document = Path(given.value.path()).read_bytes()
    signed = others.signed(document, "B-B", signer=signer, field="Signataire-02", bytes_reserved=40_000)
    file = folder / "signé.pdf"
    with ThreadPoolExecutor(1) as pool:  # this thread already runs a loop, Playwright's
        file.write_bytes(pool.submit(asyncio.run, signed).result())
    page.get_by_label("Le document signé (PDF)").set_input_files(file)
    page.get_by_role("button", name="Déposer le document signé").click()
    expect(page.get_by_role("heading", name="Votre signature est apposée et vérifiée")).to_be_visible(
        timeout=LONG
    )


def verified_by_a_stranger(browser: Browser, stage: Play, folder: Path) -> None:
    """The signed contract, given to somebody without an account: valid, qualified, by which list."""
    page = stage.page(MAYOR)
    page.goto(f"{stage.url}{stage.contract}")
    page.get_by_role("link", name="Voir le contrat signé").click(timeout=LONG)
    expect(page.get_by_text("Signé par toutes les parties")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("link", name="Télécharger le contrat signé").click()
    file = folder / "contrat.pdf"
    given.value.save_as(file)
    context = browser.new_context(viewport=DESK, locale="fr-FR")
    page = context.new_page()
    page.goto(f"{stage.url}/compte/login/")
    page.get_by_role("link", name="Vérifier un document").click()
    page.get_by_label("Document PDF à vérifier").set_input_files(file)
    page.get_by_role("button", name="Vérifier ce document").click()
    expect(page.locator("#verdict")).to_contain_text("Valide.", timeout=LONG)
    expect(page.get_by_text("complet et final")).to_be_visible()
    expect(page.get_by_text(re.compile("signature qualifiée"))).to_have_count(2)
    expect(page.get_by_text(re.compile("liste.*FR.*112"))).to_have_count(2)
    assert "spécimen" not in page.content().casefold()
    context.close()
