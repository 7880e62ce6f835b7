"""Static files are compressed once: again when they change, or when a collection was cut short."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings
from whitenoise.compress import Compressor

from config.static_files import SparingCompressor, StaticFiles

TEXT = b"body { color: black }\n" * 100


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was compressed."""
    compressed: list[bytes] = []
    once = SparingCompressor.compress_gzip

    def counted(self: SparingCompressor, data: bytes) -> bytes:
        compressed.append(data)
        return once(self, data)

    monkeypatch.setattr(SparingCompressor, "compress_gzip", counted)
    return compressed


def test_what_is_compressed_is_left_and_what_changed_is_made_anew(tmp_path: Path, made: list[bytes]) -> None:
    style = tmp_path / "style.css"
    style.write_bytes(TEXT)
    first = sorted(SparingCompressor(quiet=True).compress(str(style)))
    assert f"{style}.gz" in first
    assert made == [TEXT]
    assert sorted(SparingCompressor(quiet=True).compress(str(style))) == sorted(first)
    assert made == [TEXT]
    style.write_bytes(TEXT * 2)
    SparingCompressor(quiet=True).compress(str(style))
    assert made == [TEXT, TEXT * 2]
    assert gzip.decompress(Path(f"{style}.gz").read_bytes()) == TEXT * 2


@pytest.mark.parametrize("ending", [".gz", ".br"])
@pytest.mark.parametrize("left", [b"", b"half", None], ids=["empty", "half", "none"])
def test_a_copy_that_was_cut_short_is_made_anew(
    tmp_path: Path, made: list[bytes], ending: str, left: bytes | None
) -> None:
    style = tmp_path / "style.css"
    style.write_bytes(TEXT)
    whole = {path: Path(path).read_bytes() for path in SparingCompressor(quiet=True).compress(str(style))}
    cut = Path(f"{style}{ending}")
    if left is None:
        cut.unlink()
    else:
        cut.write_bytes(whole[str(cut)][: len(whole[str(cut)]) // 2] if left == b"half" else left)
    SparingCompressor(quiet=True).compress(str(style))
    assert {path: Path(path).read_bytes() for path in whole} == whole
    assert len(made) == 2


def test_two_files_that_say_the_same_are_compressed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed: list[bytes] = []
    gzipped: Callable[[bytes], bytes] = Compressor.compress_gzip

    def counted(data: bytes) -> bytes:
        compressed.append(data)
        return gzipped(data)

    monkeypatch.setattr(Compressor, "compress_gzip", staticmethod(counted))
    names = ["style.css", "style.0123456789ab.css"]
    for name in names:
        (tmp_path / name).write_bytes(TEXT)
    made = list(StaticFiles(location=tmp_path, base_url="/static/").compress_files(names))
    assert {name for name, _compressed in made} == set(names)
    assert compressed == [TEXT]
    assert (tmp_path / f"{names[0]}.gz").read_bytes() == (tmp_path / f"{names[1]}.gz").read_bytes()


def test_an_address_is_composed_once_and_one_that_was_not_collected_is_refused(tmp_path: Path) -> None:
    site = StaticFiles(location=str(tmp_path), base_url="/static/")
    (tmp_path / "style.css").write_bytes(TEXT)
    assert list(site.post_process({"style.css": (site, "style.css")}))
    with override_settings(DEBUG=False):
        address = site.url("style.css")
        assert address.startswith("/static/style.") and address != "/static/style.css"
        site.hashed_files.clear()
        assert site.url("style.css") == address
        for _time in range(2):
            with pytest.raises(ValueError, match=r"other\.css"):
                site.url("other.css")
    with override_settings(DEBUG=True):
        assert site.url("style.css") == "/static/style.css"
