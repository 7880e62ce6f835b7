"""Have the links ``contreseing-sign:`` open this program, for this person alone: no administrator is needed.

Linux: a .desktop entry (freedesktop.org) and xdg-mime. Windows: a key under HKEY_CURRENT_USER. macOS: a small
application whose Info.plist claims the scheme and whose script opens the Terminal.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from contreseing_sign.link import SCHEME

DESKTOP = "contreseing-sign.desktop"
REGISTRY = rf"Software\Classes\{SCHEME}"


def command() -> list[str]:
    """Return how a link starts this very program, its interpreter included.

    What follows « -- » is never an option, whatever a link holds.
    """
    return [sys.executable, "-m", "contreseing_sign", "--from-link", "--"]


def desktop_entry(started: list[str]) -> str:
    """Return the .desktop entry; its arguments are quoted as the specification says (§ The Exec key)."""
    escaped = ['"' + "".join(f"\\{c}" if c in '"`$\\' else c for c in word) + '"' for word in started]
    line = " ".join(escaped).replace("\\", "\\\\").replace("%", "%%")
    return "\n".join(
        [
            "[Desktop Entry]",
            "Type=Application",
            "Name=Contreseing, signer avec sa carte",
            f"Exec={line} %u",
            "Terminal=true",
            "NoDisplay=true",
            f"MimeType=x-scheme-handler/{SCHEME};",
            "",
        ]
    )


def applications(environment: Mapping[str, str], home: Path) -> Path:
    """Return the folder of a person's .desktop entries."""
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "applications"


def registry_values(started: list[str]) -> dict[str, dict[str, str]]:
    """Return what Windows is told: by key below HKEY_CURRENT_USER, by name of value (« » is the default)."""
    line = subprocess.list2cmdline(started)
    return {
        REGISTRY: {"": "URL:Contreseing, signer avec sa carte", "URL Protocol": ""},
        rf"{REGISTRY}\shell\open\command": {"": f'{line} "%1"'},
    }


def info_plist() -> bytes:
    """Return the Info.plist of the small application of macOS."""
    return plistlib.dumps(
        {
            "CFBundleIdentifier": "fr.contreseing.sign",
            "CFBundleName": "Contreseing",
            "CFBundleExecutable": "applet",
            "CFBundlePackageType": "APPL",
            "LSUIElement": True,
            "CFBundleURLTypes": [{"CFBundleURLName": "Contreseing", "CFBundleURLSchemes": [SCHEME]}],
        }
    )


def apple_script(started: list[str]) -> str:
    """Return the script that receives a link and opens the Terminal on it; AppleScript quotes the link."""
    line = shlex.join(started).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(
        [
            "on open location link",
            '    tell application "Terminal"',
            "        activate",
            f'        do script "{line} " & quoted form of link',
            "    end tell",
            "end open location",
            "",
        ]
    )


def install() -> str:
    """Have the links open this program; returns what was done. Raises OSError, CalledProcessError."""
    if sys.platform == "win32":
        return _install_on_windows()
    if sys.platform == "darwin":
        return _install_on_macos(Path.home() / "Applications" / "Contreseing.app")
    return _install_on_linux(applications(os.environ, Path.home()))


def remove() -> str:
    """Have the links open nothing any more; returns what was done. Raises OSError."""
    if sys.platform == "win32":
        return _remove_on_windows()
    if sys.platform == "darwin":
        shutil.rmtree(Path.home() / "Applications" / "Contreseing.app", ignore_errors=True)
    else:
        (applications(os.environ, Path.home()) / DESKTOP).unlink(missing_ok=True)
    return "Les liens du site n’ouvrent plus ce programme."


def _install_on_linux(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESKTOP).write_text(desktop_entry(command()), encoding="utf-8")
    told = shutil.which("xdg-mime")
    if told is None:
        return (
            f"L’entrée {folder / DESKTOP} est écrite, mais xdg-mime manque : installez xdg-utils, puis "
            "recommencez ; sans lui, lancez le programme à la main avec le code affiché."
        )
    subprocess.run([told, "default", DESKTOP, f"x-scheme-handler/{SCHEME}"], check=True)  # noqa: S603
    return "Les liens du site ouvrent désormais ce programme."


def _install_on_windows() -> str:
    import winreg  # Windows alone has it

    for key, values in registry_values(command()).items():
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:  # type: ignore[attr-defined, unused-ignore]
            for name, value in values.items():
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)  # type: ignore[attr-defined, unused-ignore]
    return "Les liens du site ouvrent désormais ce programme."


def _remove_on_windows() -> str:
    import winreg  # Windows alone has it

    for key in (rf"{REGISTRY}\shell\open\command", rf"{REGISTRY}\shell\open", rf"{REGISTRY}\shell", REGISTRY):
        try:
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)  # type: ignore[attr-defined, unused-ignore]
        except FileNotFoundError:
            continue
    return "Les liens du site n’ouvrent plus ce programme."


def _install_on_macos(bundle: Path) -> str:
    bundle.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(bundle, ignore_errors=True)
    script = apple_script(command())
    subprocess.run(["/usr/bin/osacompile", "-o", str(bundle), "-e", script], check=True)  # noqa: S603
    (bundle / "Contents" / "Info.plist").write_bytes(info_plist())
    return "Les liens du site ouvrent désormais ce programme, par l’application Contreseing de votre dossier."
