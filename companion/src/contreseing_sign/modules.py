"""Where the libraries that read cards are, by system: those known are proposed, any other may be named."""

from __future__ import annotations

import sys
from pathlib import Path

LINUX = (
    "p11-kit-proxy.so",  # every module that the system knows, when it has any
    "opensc-pkcs11.so",
    "pkcs11/opensc-pkcs11.so",
    "libIDPrimePKCS11.so",
    "libeTPkcs11.so",
    "libeToken.so",
    "libidop11.so",
    "libbit4xpki.so",
    "libcryptovisionP11.so",
    "pkcs11/libgclib.so",
    "libOcsCryptoki.so",
    "softhsm/libsofthsm2.so",
)
LINUX_FOLDERS = (
    "/usr/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/lib64",
)
WINDOWS = (
    r"C:\Windows\System32\eTPKCS11.dll",
    r"C:\Windows\System32\IDPrimePKCS1164.dll",
    r"C:\Program Files\Gemalto\IDGo 800 PKCS#11\IDPrimePKCS1164.dll",
    r"C:\Program Files\SafeNet\Authentication\SAC\x64\IDPrimePKCS1164.dll",
    r"C:\Windows\System32\bit4xpki.dll",
    r"C:\Windows\System32\cvP11.dll",
    r"C:\Windows\System32\OcsCryptoki.dll",
    r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
)
MACOS = (
    "/Library/Frameworks/eToken.framework/Versions/Current/libeToken.dylib",
    "/usr/local/lib/libIDPrimePKCS11.dylib",
    "/usr/local/lib/libeTPkcs11.dylib",
    "/Library/bit4id/pkcs11/libbit4xpki.dylib",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
    "/usr/local/lib/opensc-pkcs11.so",
    "/opt/homebrew/lib/opensc-pkcs11.so",
)


def known_on(system: str) -> tuple[str, ...]:
    """Return the paths known on ``system`` (as ``sys.platform`` says), the most general last on a desktop."""
    if system == "win32":
        return WINDOWS
    if system == "darwin":
        return MACOS
    return tuple(f"{folder}/{name}" for name in LINUX for folder in LINUX_FOLDERS)


def found(remembered: str = "", system: str = sys.platform) -> list[str]:
    """Return the modules that are there, the one remembered first, each file once."""
    paths: dict[Path, str] = {}
    for path in (remembered, *known_on(system)):
        if path and Path(path).is_file():
            paths.setdefault(Path(path).resolve(), path)
    return list(paths.values())
