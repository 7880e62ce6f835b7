"""Make the printed contract's fonts from two npm packages; README.md says when and how.

Usage: ``python contracts/fonts/build_fonts.py FOLDER``, FOLDER holding the unpacked
packages ``source-serif-4`` and ``source-sans-3`` of @fontsource.
"""

from __future__ import annotations

import json
import sys
import tempfile
import unicodedata
from pathlib import Path

import typst
from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

HERE = Path(__file__).resolve().parent
STAMPS = HERE.parent.parent / "signatures" / "fonts" / "ContreseingSans-Regular.ttf"
COVERAGE = HERE.parent.parent / "stakeholders" / "coverage.json"  # what people may type is asked there
SUBSETS = ("latin", "latin-ext", "vietnamese", "cyrillic", "greek")
# (package, family printed in the file, weight, slope, file)
FACES = (
    ("source-serif-4", "Contreseing Serif", 400, "normal", "ContreseingSerif-Regular.ttf"),
    ("source-serif-4", "Contreseing Serif", 400, "italic", "ContreseingSerif-Italic.ttf"),
    ("source-serif-4", "Contreseing Serif", 600, "normal", "ContreseingSerif-SemiBold.ttf"),
    ("source-sans-3", "Contreseing Sans", 400, "normal", "ContreseingSans-Regular.ttf"),
    ("source-sans-3", "Contreseing Sans", 400, "italic", "ContreseingSans-Italic.ttf"),
    ("source-sans-3", "Contreseing Sans", 600, "normal", "ContreseingSans-SemiBold.ttf"),
)
# What people type that the packages lack (arrows, ≤, ², ☐…) comes from the typesetter's own
# serif; its table cannot be read from here, so each point of these blocks is tried.
SPARE_FAMILY = "Libertinus Serif"
SPARE_BLOCKS = ((0x2000, 0x209F), (0x20A0, 0x22FF), (0x25A0, 0x25FF), (0x2600, 0x27BF))
NARROW_NO_BREAK_SPACE = 0x202F
FIXED_DATE = (
    3_786_825_600  # 1 January 2024 in seconds since 1904: so that the same packages give the same bytes
)


def merged(folder: Path, package: str, weight: int, slope: str) -> TTFont:
    """Join the script subsets of one face; they share 1,000 units an em."""
    with tempfile.TemporaryDirectory() as scratch:
        parts = []
        for subset in SUBSETS:
            font = TTFont(folder / package / "files" / f"{package}-{subset}-{weight}-{slope}.woff2")
            font.flavor = None
            part = Path(scratch) / f"{subset}.ttf"
            font.save(part)
            parts.append(str(part))
        options = Options(drop_tables=["STAT", "BASE", "gasp", "prep", "DSIG"])
        return Merger(options).merge(parts)


def add_narrow_space(font: TTFont) -> None:
    """Give the font U+202F, which the packages leave out, at four fifths of its space."""
    space = font.getBestCmap()[0x20]
    font.setGlyphOrder([*font.getGlyphOrder(), "uni202F"])
    font["glyf"]["uni202F"] = Glyph()
    font["hmtx"]["uni202F"] = (round(font["hmtx"][space][0] * 0.8), 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[NARROW_NO_BREAK_SPACE] = "uni202F"


def rename(font: TTFont, family: str, weight: int, slope: str) -> None:
    """Name the changed font otherwise than its source, as its licence (OFL, clause 3) asks."""
    style = {(400, "normal"): "Regular", (400, "italic"): "Italic", (600, "normal"): "SemiBold"}[
        weight, slope
    ]
    postscript = f"{family.replace(' ', '')}-{style}"
    names = font["name"]
    copyright_notice = names.getDebugName(0)
    names.names = []
    for identifier, text in (
        (0, copyright_notice),
        (1, family if weight == 400 else f"{family} {style}"),
        (2, "Italic" if slope == "italic" else "Regular"),
        (3, postscript),
        (4, f"{family} {style}"),
        (6, postscript),
        (13, "This Font Software is licensed under the SIL Open Font License, Version 1.1."),
        (14, "https://openfontlicense.org"),
        (16, family),
        (17, style),
    ):
        names.setName(text, identifier, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["head"].created = font["head"].modified = FIXED_DATE
    font["head"].fontRevision = 1.0
    font.recalcTimestamp = False


def spare_points() -> set[int]:
    """Return the points of the spare blocks that the spare family can print.

    A file that claims PDF/A is refused by the typesetter when a glyph is missing.
    """
    points = set()
    for first, last in SPARE_BLOCKS:
        for point in range(first, last + 1):
            if unicodedata.category(chr(point)) not in {"Cf", "Cn", "Zl", "Zp"} and prints(chr(point)):
                points.add(point)
    return points


def prints(character: str) -> bool:
    """Tell whether the spare family has a glyph for the character in the weights that we use."""
    source = (
        f'#set document(title: "t")\n#set text(font: "{SPARE_FAMILY}", fallback: false)\n'
        "#sys.inputs.c #text(weight: 600, sys.inputs.c)"
    )
    try:
        typst.compile(
            source.encode(),
            format="pdf",
            pdf_standards=["a-3a"],
            ignore_system_fonts=True,
            sys_inputs={"c": character},
        )
    except typst.TypstError:
        return False
    return True


def ranges(points: set[int]) -> list[list[int]]:
    """Write a set of code points as [first, last] pairs."""
    pairs: list[list[int]] = []
    for point in sorted(points):
        if pairs and point == pairs[-1][1] + 1:
            pairs[-1][1] = point
        else:
            pairs.append([point, point])
    return pairs


def cut_for_stamps() -> None:
    """Write the same letters for the stamps of signatures, which are set without layout tables."""
    font = TTFont(HERE / "ContreseingSans-Regular.ttf")
    for table in ("GDEF", "GPOS", "GSUB"):
        del font[table]
    font.recalcTimestamp = False
    font.save(STAMPS)


def main(folder: Path) -> None:
    """Write the TTF files and the list of the code points that can be printed in any of them."""
    covered: set[int] | None = None
    for package, family, weight, slope, name in FACES:
        font = merged(folder, package, weight, slope)
        add_narrow_space(font)
        rename(font, family, weight, slope)
        font.save(HERE / name)
        points = set(TTFont(HERE / name).getBestCmap())
        covered = points if covered is None else covered & points
    cut_for_stamps()
    printable = (covered or set()) | spare_points()
    COVERAGE.write_text(json.dumps(ranges(printable)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
