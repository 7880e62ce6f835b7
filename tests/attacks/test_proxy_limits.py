"""The proxy in front refuses nothing that the pages take, and takes no more than they do by much."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import limits

MATCHER = re.compile(r"^\t@(\w+) (?:path_regexp (\S+)|\{\n(.*?)\n\t\})$", re.MULTILINE | re.DOTALL)
PATHS = (
    *(
        "/contrats/1/redaction/annexes/ajout/",
        "/contrats/1/redaction/annexes/2/",
        "/contrats/1/redaction/import/",
    ),
    *("/contrats/1/redaction/volets/1/", "/contrats/1/taches/2/", "/contrats/1/taches/2/depot/"),
    *("/administration/a/", "/organisations/3/", "/contrats/ouverture/", "/contrats/1/ouverture/initiative/"),
    *("/plateforme/import/", "/plateforme/import/confirmation/", "/verifier/", "/verifier/rapport/"),
    *("/compte/login/", "/", "/contrats/1/", "/contrats/1/taches/2/signature/", "/v/0123456789abcdef"),
)


@pytest.mark.parametrize("path", PATHS)
def test_the_proxy_lets_in_what_the_pages_take(path: str) -> None:
    """Each path is of one kind in the Caddyfile, which takes what config.limits does; each route is tried."""
    caddy = (Path(__file__).resolve().parents[2] / "docker/Caddyfile").read_text()
    kinds = {}
    for name, one, block in re.findall(
        r"^\t@(\w+) (?:path_regexp (\S+)|\{\n(.*?)\n\t\})$", caddy, re.M | re.S
    ):
        asked = [line.split() for line in (block or f"path_regexp {one}").split("\n")]
        kinds[name] = all((re.search(line[-1], path) is None) == (line[0] == "not") for line in asked)
    sizes = dict(re.findall(r"request_body @(\w+) \{\n\t\tmax_size (\S+)\n", caddy))
    (kind,) = [name for name, matched in kinds.items() if matched]
    unit = {"KiB": limits.KIB, "MiB": limits.MIB}[sizes[kind][-3:]]
    most = max(limits.route(path, kind) for kind in ("multipart/form-data; boundary=a", "text/plain"))
    assert int(sizes[kind][:-3]) * unit >= most
    assert all(any(route[0].match(tried) for tried in PATHS) for route in limits._ROUTES)
