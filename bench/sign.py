"""Sign one file of 200 KB: ours, pyHanko's own signer and endesive, in the same run.

Processor time of this process for one signature; the time-stamping authority and the
revocation services run in another process, so what they cost is not counted, and every
key is loaded once before. Ours is what the worker does: prepare (with the visible stamp),
key, check of the value, token, CMS; our own validation is measured apart. The peers have
our work-around for asn1crypto, and endesive makes the CMS alone: the easier task. Then a
hundred are asked for at once (``at_once``).
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import io
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import override_settings
from django.utils import timezone
from endesive import signer as endesive_signer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings
from pyhanko.sign.timestamps import HTTPTimeStamper
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import at_once
from signatures import cms, limited, pades
from signatures.backends.demo import demo
from signatures.demo import pki
from signatures.demo.pki.services import Services
from signatures.trust import online_context
from signatures.validation import validate
from tests.signatures import documents

SIZE = 200_000
ALGORITHMS: dict[str, pki.Algorithm] = {"P-256": "p256", "RSA-3072": "rsa3072"}
LEVELS = ("B-B", "B-T", "B-LTA")
Way = Callable[[bytes, AbstractBaseUser, str], Coroutine[Any, Any, bytes]]


async def ours(document: bytes, person: AbstractBaseUser, level: str) -> bytes:
    """Sign as the worker does."""
    issued = demo()
    certificate = issued.held_by(person)
    prepared = await pades.prepare(
        document,
        "Seul",
        certificate,
        first=True,
        last=True,
        stamp_lines=[certificate.common_name, certificate.title],
        specimen=True,
        moment=timezone.now(),
    )
    value = issued.sign_as(person, prepared.attributes, cms.DIGEST_ALGORITHM)
    if not isinstance(value, bytes):
        raise TypeError("the demonstration's key signs at once")
    checked = cms.normalised_value(certificate.certificate, prepared.attributes, value)
    token = await pades.timestamp_token(checked) if level != "B-B" else None
    signature = cms.assemble(certificate.certificate, certificate.chain, prepared.attributes, checked, token)
    signed = pades.embed(prepared.document, prepared.as_json(), signature)
    return await pades.seal(signed) if level == "B-LTA" else signed


async def stock(document: bytes, person: AbstractBaseUser, level: str) -> bytes:
    """Sign with pyHanko's SimpleSigner over the same PKCS#12, as its manual shows."""
    signer = _simple_signer(person.get_username())
    async with online_context() as context:
        archive = level == "B-LTA"
        metadata = PdfSignatureMetadata(
            field_name="Seul",
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            validation_context=context if archive else None,
            embed_validation_info=archive,
            use_pades_lta=archive,
            dss_settings=DSSContentSettings(include_vri=False),
        )
        stamper = HTTPTimeStamper(settings.TIMESTAMP_URLS[0]) if level != "B-B" else None
        output = io.BytesIO()
        await PdfSigner(metadata, signer, timestamper=stamper).async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(document)), existing_fields_only=True, output=output
        )
    return output.getvalue()


async def with_endesive(document: bytes, person: AbstractBaseUser, level: str) -> bytes:
    """Make endesive's CMS alone: its PDF layer does not run with the pypdf of today."""
    store = _store(person.get_username())
    if store.cert is None:
        raise TypeError("a PKCS#12 of the demonstration holds its certificate")
    others = [one.certificate for one in store.additional_certs]
    url = settings.TIMESTAMP_URLS[0] if level == "B-T" else None
    made: bytes = await asyncio.to_thread(
        endesive_signer.sign, document, store.key, store.cert.certificate, others, "sha256", tspurl=url
    )
    return made


@functools.cache
def _simple_signer(email: str) -> SimpleSigner:
    """Open the PKCS#12 once, as ours does: nobody pays here for a file read again."""
    signer: SimpleSigner | None = SimpleSigner.load_pkcs12(
        str(pki.person_path(email)), passphrase=settings.PKI_PASSPHRASE.encode()
    )
    if signer is None:
        raise TypeError("pyHanko does not read the demonstration's PKCS#12")
    return signer


@functools.cache
def _store(email: str) -> pkcs12.PKCS12KeyAndCertificates:
    """Open the PKCS#12 once for endesive too."""
    return pkcs12.load_pkcs12(pki.person_path(email).read_bytes(), settings.PKI_PASSPHRASE.encode())


WAYS: dict[str, tuple[Way, tuple[str, ...], tuple[str, ...]]] = {
    "Contreseing": (ours, LEVELS, tuple(ALGORITHMS)),
    "pyHanko SimpleSigner": (stock, LEVELS, tuple(ALGORITHMS)),
    "endesive (CMS seul)": (with_endesive, ("B-B", "B-T"), ("RSA-3072",)),
}


def main(argv: list[str]) -> int:
    """Measure, print the table with its ratios; return 0 when our files are valid."""
    parser = argparse.ArgumentParser(prog="bench sign", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="signatures by cell")
    parser.add_argument("--at-once", type=int, default=100, help="signatures asked for at once")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    console = Console()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)):
        people = {name: person(name, algorithm) for name, algorithm in ALGORITHMS.items()}
        document = documents.build(["Seul"], padding=SIZE)
        cells = [
            (way, level, algorithm)
            for level in LEVELS
            for algorithm in ALGORITHMS
            for way, (_sign, levels, algorithms) in WAYS.items()
            if level in levels and algorithm in algorithms
        ]
        measured = {
            (way, level, algorithm): _measure(WAYS[way][0], document, people[algorithm], level, options.times)
            for way, level, algorithm in track(cells, "signatures", console=console, transient=True)
        }
        sealed = asyncio.run(ours(document, people["P-256"], "B-LTA"))
        report = validate(sealed, expected=["Seul"])
        used = limited.last_usage()
        checking = used.cpu_seconds * 1000 if used else 0.0
    console.print(_table(measured, len(document), options.times))
    console.print(f"Validation complète d’un fichier B-LTA : {checking:.0f} ms. Valide : {report.valid}.")
    algorithms = list(ALGORITHMS.values())
    table, whole = at_once.run(served, algorithms, count=options.at_once, workers=options.workers)
    console.print(table)
    return 0 if report.valid and whole else 1


def _measure(
    sign: Way, document: bytes, person: AbstractBaseUser, level: str, times: int
) -> tuple[float, float]:
    """Return the median of processor and of wall-clock time for one signature, in ms."""
    spent, waited = [], []
    # in a thread, as a worker does: in the main one, asyncio.run() has the whole file printed for a signal
    with ThreadPoolExecutor(1) as worker:
        for _time in range(times + 1):
            pades.forget()  # that this very document was found sound
            cpu, wall = time.process_time(), time.perf_counter()
            worker.submit(asyncio.run, sign(document, person, level)).result()
            spent.append((time.process_time() - cpu) * 1000)
            waited.append((time.perf_counter() - wall) * 1000)
    del spent[0], waited[0]
    return statistics.median(spent), statistics.median(waited)


def _table(measured: dict[tuple[str, str, str], tuple[float, float]], size: int, times: int) -> Table:
    table = Table(
        title=f"Signer un PDF de {size // 1000} Ko (médiane de {times}, ms par signature)",
        caption="Rapport : temps de processeur face au nôtre, même niveau et même clé.",
    )
    for column in ("Niveau", "Clé", "Signeur"):
        table.add_column(column)
    for column in ("Processeur", "Horloge", "Rapport"):
        table.add_column(column, justify="right")
    for (way, level, algorithm), (spent, waited) in measured.items():
        reference = measured["Contreseing", level, algorithm][0]
        ratio = f"× {spent / reference:.1f}"
        table.add_row(level, algorithm, way, f"{spent:.1f}", f"{waited:.1f}", ratio)
    return table


def person(name: str, algorithm: pki.Algorithm) -> AbstractBaseUser:
    """Issue a certificate to somebody, and return their account, in no database."""
    email = f"{name.lower()}@banc.test"
    pki.issue_person(email, f"Signataire {name}", "Préfecture de Clairval", "Préfète", algorithm=algorithm)
    return get_user_model()(email=email)


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Make a PKI in ``folder`` and serve it from another process."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with override_settings(
        PKI_DIR=folder / "pki",
        PKI_URL=url,
        TIMESTAMP_URLS=[f"{url}/tsa"],
        TRUST_ROOTS=[folder / "pki" / "root.cert.pem"],
    ):
        pki.ensure()
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
        server.start()
        try:
            yield
        finally:
            server.terminate()
            server.join()
            listener.close()


def _serve(listener: socket.socket) -> None:
    config = uvicorn.Config(Services(), lifespan="off", log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
