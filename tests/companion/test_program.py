"""The program apart from its card: its links and sites, its memory, its installation alone, its systems."""

from __future__ import annotations

import ast
import datetime as dt
import ipaddress
import os
import plistlib
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from contreseing_sign import kept, link, modules, opening, scheme, words
from contreseing_sign.command import main
from contreseing_sign.kept import Kept
from contreseing_sign.refusals import BadLink
from tests.companion import sites
from tests.companion.talks import Typed, run
from tests.config.test_house import ROOT

HOME = Path("home")
COMPANION = ROOT / "companion"
CODE = sites.CODE


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        (f"contreseing-sign:https://contrats.example/{CODE}", "https://contrats.example"),
        (f"CONTRESEING-SIGN:https://Contrats.Example:443/{CODE.lower()}", "https://contrats.example"),
        (f"contreseing-sign:https://contrats.example:8443/{CODE}", "https://contrats.example:8443"),
        (f"contreseing-sign:http://127.0.0.1:8000/{CODE}", "http://127.0.0.1:8000"),
        (f"contreseing-sign:http://[::1]:8000/{CODE}", "http://[::1]:8000"),
        (f"contreseing-sign:https://pr\u00e9fecture.example/{CODE}", "https://xn--prfecture-c4a.example"),
    ],
)
def test_a_link_names_a_site_and_a_code(typed: str, origin: str) -> None:
    assert link.read(typed) == link.Link(origin, CODE)


@pytest.mark.parametrize(
    "typed",
    [
        f"contreseing-sign:http://contrats.example/{CODE}",  # in the clear
        f"contreseing-sign:http://localhost.evil.example/{CODE}",
        f"contreseing-sign:https://contrats.example@evil.example/{CODE}",
        f"contreseing-sign:https://evil.example/contrats.example/{CODE}",
        f"contreseing-sign:https://evil.example?/{CODE}",
        f"contreseing-sign:https://evil.example\\.contrats.example/{CODE}",
        f"contreseing-sign:file:///etc/passwd/{CODE}",
        f"contreseing-sign:/{CODE}",
        f"contreseing-sign:https://contrats.example:notaport/{CODE}",
        "contreseing-sign:https://contrats.example/7K3M",
        "contreseing-sign:https://contrats.example/--module=/tmp/x",
        f"https://contrats.example/{CODE}",
        "contreseing-sign:" + "a" * 500,
    ],
)
def test_another_link_is_refused(typed: str) -> None:
    with pytest.raises(BadLink):
        link.read(typed)


def test_a_code_is_typed_as_one_reads_it() -> None:
    assert link.code_of(" 7k3m-q2xv 9tfa ") == CODE
    assert link.code_of("OIL0-1111-2222") == "011011112222"


def test_a_site_is_confirmed_once_and_nothing_is_sent_before(tmp_path: Path) -> None:
    """No answer is no; one that looks like a known site is said to."""
    offer = sites.enrolment()
    with sites.served(offer) as origin:
        assert run(Typed([""]), origin, tmp_path) == 1
        assert offer.asked == []
        assert run(Typed(["oui", "non"]), origin, tmp_path) == 1
        assert offer.names == ["open", "stopped"]
        again = Typed(["non"])
        assert run(again, origin, tmp_path) == 1
        assert "pour la première fois" not in again.text
    alike = Typed([""])
    assert run(alike, origin[:-1], tmp_path) == 1
    assert f"ressemble à {origin}" in alike.text


def test_a_code_typed_by_hand_asks_for_the_site_it_does_not_know(tmp_path: Path) -> None:
    offer = sites.enrolment()
    with sites.served(offer) as origin:
        memory = tmp_path / "known.json"
        first = Typed(["7K3M-Q2XV-9TFA", origin, "oui", "non"])
        assert main([], first, Kept.read(memory)) == 1
        assert offer.asked[0] == (
            "open",
            {"version": 1, "code": CODE, "program": offer.asked[0][1]["program"]},
        )
        offer.used = False
        assert main(["7k3mq2xv9tfa"], Typed(["non"]), Kept.read(memory)) == 1
        assert offer.names == ["open", "stopped", "open", "stopped"]


def certificate_for_localhost(folder: Path) -> tuple[str, str]:
    """Return a certificate that signs itself, and its key, in files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls-key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(folder / "tls.pem"), str(folder / "tls-key.pem")


@pytest.mark.parametrize("trusted", [True, False])
def test_the_identity_of_a_site_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    """By TLS, with the authorities of this machine: the code is not even sent to another."""
    pair = certificate_for_localhost(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", pair[0])
    offer, talk = sites.enrolment(), Typed(["oui", "non"])
    with sites.served(offer, pair) as origin:
        assert run(talk, origin, tmp_path) == 1
    assert bool(offer.asked) == trusted, talk.text
    assert ("n’est pas garantie" in talk.text) != trusted


def test_what_a_site_says_does_not_steer_the_terminal() -> None:
    shown = words.harmless("\x1b[2Ja\u202eb\u2066c\nd\u2028e\x9bf")
    assert shown == "[2Jabc d ef"
    assert words.harmless("x" * 400, 10) == "x" * 9 + "…"
    assert words.harmless({"not": "text"}) == ""


def test_a_memory_that_cannot_be_read_is_an_empty_one(tmp_path: Path) -> None:
    for written in ("", "[]", '{"sites": 3, "module": []}', '{"sites": [1]}'):
        (tmp_path / "known.json").write_text(written)
        assert (Kept.read(tmp_path / "known.json").sites, Kept.read(tmp_path / "known.json").module) == (
            [],
            "",
        )
    memory = Kept.read(tmp_path / "folder" / "known.json")
    memory.confirm("https://contrats.example")
    assert (tmp_path / "folder" / "known.json").stat().st_mode & 0o077 == 0
    assert Kept.read(memory.file).sites == ["https://contrats.example"]


def test_each_system_has_its_folder_and_its_modules() -> None:
    assert kept.folder_of("linux", {}, HOME) == HOME / ".config/contreseing-sign"
    assert kept.folder_of("linux", {"XDG_CONFIG_HOME": "x"}, HOME) == Path("x/contreseing-sign")
    assert kept.folder_of("win32", {"APPDATA": "y"}, HOME) == Path("y/contreseing-sign")
    assert kept.folder_of("darwin", {}, HOME).parts[:3] == ("home", "Library", "Application Support")
    assert any("opensc" in path for path in modules.known_on("linux"))
    assert all(path.endswith(".dll") for path in modules.known_on("win32"))
    assert all(path.startswith("/") for path in modules.known_on("darwin"))
    assert opening.command_for("darwin", HOME) == ["open", "home"]
    assert opening.command_for("linux", HOME) == ["xdg-open", "home"]
    assert opening.command_for("win32", HOME) is None


def test_linux_opens_the_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is written for this person, xdg-mime is told, and both are undone."""
    (tmp_path / "bin").mkdir()
    told = tmp_path / "bin" / "xdg-mime"
    told.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/told"\n')
    told.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    talk = Typed([])
    assert main(["--install-link"], talk, Kept(tmp_path / "known.json")) == 0, talk.text
    entry = tmp_path / "data" / "applications" / scheme.DESKTOP
    lines = dict(line.split("=", 1) for line in entry.read_text().splitlines() if "=" in line)
    assert lines["MimeType"] == "x-scheme-handler/contreseing-sign;"
    assert lines["Exec"] == f'"{sys.executable}" "-m" "contreseing_sign" "--from-link" "--" %u'
    assert (tmp_path / "told").read_text().split() == [
        "default",
        scheme.DESKTOP,
        "x-scheme-handler/contreseing-sign",
    ]
    assert main(["--remove-link"], talk, Kept(tmp_path / "known.json")) == 0
    assert not entry.exists()


SLIPPED = [["--module", "evil.so"], ["--site", "https://evil.example"], ["--install-link"]]


@pytest.mark.parametrize("slipped", SLIPPED)
def test_a_link_brings_no_option(slipped: list[str], tmp_path: Path) -> None:
    """Where a system does not quote what it hands over, what is slipped in does nothing."""
    link_, talk = f"contreseing-sign:http://localhost:9/{CODE}", Typed([""])
    assert main(["--from-link", *slipped, link_], talk, Kept(tmp_path / "known.json")) == 1
    assert "plus qu’un lien ne peut" in talk.text
    with pytest.raises(SystemExit):
        main([*scheme.command()[3:], link_, *slipped], talk, Kept(tmp_path / "known.json"))


def test_the_words_of_each_system_are_quoted() -> None:
    """A folder with spaces, quotes or signs that a shell knows starts the program, and nothing else."""
    started = ['/opt/a "b" $c/50%/python', "-m", "contreseing_sign", "--from-link"]
    assert '"/opt/a \\\\"b\\\\" \\\\$c/50%%/python" "-m"' in scheme.desktop_entry(started)
    windows = scheme.registry_values([r"C:\Program Files\Python\python.exe", "-m", "contreseing_sign"])
    assert windows[scheme.REGISTRY]["URL Protocol"] == ""
    assert windows[rf"{scheme.REGISTRY}\shell\open\command"][""] == (
        r'"C:\Program Files\Python\python.exe" -m contreseing_sign "%1"'
    )
    plist = plistlib.loads(scheme.info_plist())
    assert plist["CFBundleURLTypes"][0]["CFBundleURLSchemes"] == ["contreseing-sign"]
    script = scheme.apple_script(started)
    assert "& quoted form of link" in script
    assert '\\"b\\" $c' in script


def names_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def test_it_imports_its_dependencies_alone() -> None:
    """A signatory's machine has neither Django nor the rest of Contreseing."""
    allowed = set(sys.stdlib_module_names) | {"PyKCS11", "cryptography", "truststore", "contreseing_sign"}
    imported = {
        name.split(".")[0]
        for path in (COMPANION / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert imported <= allowed


def test_it_installs_alone(tmp_path: Path) -> None:
    """Its wheel is built, unpacked beside its dependencies alone, and its command starts there."""
    built = subprocess.run(
        [sys.executable, "-c", f"from flit_core.buildapi import *; print(build_wheel({str(tmp_path)!r}))"],
        cwd=COMPANION,
        capture_output=True,
        text=True,
        check=True,
    )
    wheel = tmp_path / built.stdout.split()[-1]
    venv.create(tmp_path / "alone", with_pip=False)
    (packages,) = (tmp_path / "alone" / "lib").glob("python3.*/site-packages")
    with zipfile.ZipFile(wheel) as unpacked:
        unpacked.extractall(packages)
    for name in ("pykcs11", "cryptography", "cffi", "truststore"):
        installed = distribution(name)
        for top in {Path(str(path)).parts[0] for path in installed.files or []} - {"..", "__pycache__"}:
            (packages / top).symlink_to(Path(str(installed.locate_file(top))))
    start = (
        "import sys; from importlib.metadata import entry_points; sys.argv[0] = 'contreseing-sign';"
        "(one,) = entry_points(group='console_scripts', name='contreseing-sign'); sys.exit(one.load()())"
    )
    alone = [str(tmp_path / "alone" / "bin" / "python"), "-I", "-c", start]
    helped = subprocess.run([*alone, "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0, helped.stderr
    assert "LIEN|CODE" in helped.stdout
    asked = subprocess.run([*alone, "not a code"], capture_output=True, text=True, check=False, input="")
    assert (asked.returncode, "douze caractères" in asked.stdout) == (1, True), asked.stderr
    django = subprocess.run([alone[0], "-I", "-c", "import django"], capture_output=True, check=False)
    assert b"ModuleNotFoundError" in django.stderr
