"""A photograph or a scan becomes a PDF of one page: decoded whole, set upright, and nothing else of it kept.

What a camera writes beside the picture (where, when, by which telephone) stays out of the PDF. Done in
the limited process alone: a picture of a few bytes may take gigabytes.
"""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, JpegImagePlugin, PdfImagePlugin, PngImagePlugin, UnidentifiedImageError

from signatures.uploads import Refused

FORMATS = (JpegImagePlugin.JpegImageFile.format, PngImagePlugin.PngImageFile.format)
SAVES_IN = PdfImagePlugin.__name__  # loaded before the process is confined
MOST_PIXELS = 40_000_000  # once decoded; a JPEG may be decoded at a half or a quarter of its size
MOST_AS_JPEG = 250_000_000
LONGEST_SIDE = 4_000  # pixels: 340 to the inch on A4
LEAST_SIDE = 16
SMALLEST_DPI = 96.0
MOST_BYTES = 4_000_000  # of the PDF that comes back
QUALITIES = (90, 80, 65, 50)
A4 = (8.27, 11.69)  # inches


def as_pdf(data: bytes) -> bytes:
    """Return a PDF of one page, at most A4, that shows the picture; raises Refused."""
    Image.MAX_IMAGE_PIXELS = None  # we ask ourselves, before anything is decoded
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened)
            opened.load()
            picture = _upright(opened)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as broken:
        raise Refused(
            _("Cette image est endommagée ou incomplète : enregistrez-la de nouveau, en JPEG ou en PNG.")
        ) from broken
    for quality in QUALITIES:
        output = io.BytesIO()
        picture.save(output, "PDF", resolution=_resolution(picture), quality=quality)
        if output.tell() <= MOST_BYTES:
            return output.getvalue()
    raise Refused(_("Cette image est trop lourde : réduisez-la, ou enregistrez-la au format PDF."))


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if min(width, height) < LEAST_SIDE:
        raise Refused(_("Cette image est trop petite pour être lue : joignez-en une plus grande."))
    most = MOST_AS_JPEG if picture.format == "JPEG" else MOST_PIXELS
    if width * height <= most:
        share = min(1, LONGEST_SIDE / max(width, height))
        picture.draft("RGB", (int(width * share), int(height * share)))
        width, height = picture.size
    if width * height > MOST_PIXELS:
        raise Refused(
            _("Cette image a trop de points (%(width)d × %(height)d) : réduisez-la, puis recommencez.")
            % {"width": width, "height": height}
        )


def _upright(opened: Image.Image) -> Image.Image:
    """Return the picture as it is seen: turned as its camera says, on white paper, no larger than is read."""
    opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture = ImageOps.exif_transpose(opened)
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.mode == "RGB":
        return picture
    layered = picture.convert("RGBA")
    paper = Image.new("RGB", layered.size, "white")
    paper.paste(layered, mask=layered.getchannel("A"))
    return paper


def _resolution(picture: Image.Image) -> float:
    """Return by how many pixels to the inch it fits on A4, upright or lying; no coarser than a screen."""
    short, long = sorted(picture.size)
    return max(SMALLEST_DPI, short / A4[0], long / A4[1])
