"""A photo as it came turned into the files that are kept: upright, without a word about where and by whom it was taken.

What a file is, its content says, never its name. Only the pixels and their colour profile are kept: each file is
written anew, so that no EXIF, GPS position, caption or hidden second picture survives.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import imagehash
from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

# A picture of so many pixels or more is not decoded: it would take half a gigabyte, whatever its file's size.
MOST_PIXELS = 40_000_000
WEB, THUMB = 1600, 480
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# How an edition may name the types that it takes.
NAMED = {"JPG": "JPEG", "JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIC": "HEIF", "HEIF": "HEIF"}
ANY = frozenset(NAMED.values())

BROKEN, WRONG_TYPE, TOO_MANY_PIXELS, TOO_LARGE, GONE = "broken", "type", "pixels", "large", "gone"


class PhotoProblem(Exception):
    """A photo that can't be taken; `word` says why: broken, type, pixels, large or gone."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class File:
    """One file to be kept."""

    body: bytes
    ending: str
    mime: str


@dataclass(frozen=True)
class Cleaned:
    """A photo's three files and what is known of it. `sha256` is of the file as it came, `phash` of what it shows."""

    original: File
    web: File
    thumb: File
    width: int
    height: int
    sha256: str
    phash: str


def taken(file_types: Sequence[str]) -> frozenset[str]:
    """Return the formats that an edition takes; all of them if it names none that is known."""
    return frozenset(NAMED[each.strip(". ").upper()] for each in file_types if each.strip(". ").upper() in NAMED) or ANY


def cleaned(body: bytes, formats: frozenset[str] = ANY) -> Cleaned:
    """Return a photo's files. Raises PhotoProblem."""
    picture, format_ = _decoded(body, formats)
    profile = picture.info.get("icc_profile")
    plain = _plain(picture)
    web = _flat(plain)
    web.thumbnail((WEB, WEB), Image.Resampling.LANCZOS)
    thumb = web.copy()
    thumb.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    kept = profile if plain.mode != "CMYK" else None  # a profile for ink says nothing about light
    return Cleaned(
        original=_original(plain, format_, profile),
        web=_jpeg(web, kept, quality=85),
        thumb=_jpeg(thumb, kept, quality=80),
        width=plain.width,
        height=plain.height,
        sha256=hashlib.sha256(body).hexdigest(),
        phash=str(imagehash.phash(thumb)),
    )


def _decoded(body: bytes, formats: frozenset[str]) -> tuple[Image.Image, str]:
    _heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below
            picture = Image.open(io.BytesIO(body), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoProblem(WRONG_TYPE) from error
    except Image.DecompressionBombError as error:
        raise PhotoProblem(TOO_MANY_PIXELS) from error
    except Exception as error:  # a decoder may fail on broken bytes in any way
        raise PhotoProblem(BROKEN) from error
    format_ = "JPEG" if picture.format == "MPO" else str(picture.format)
    if format_ not in formats:
        raise PhotoProblem(WRONG_TYPE)
    if picture.width * picture.height >= MOST_PIXELS:
        raise PhotoProblem(TOO_MANY_PIXELS)
    try:
        picture.load()
        return ImageOps.exif_transpose(picture), format_
    except Exception as error:
        raise PhotoProblem(BROKEN) from error


@cache
def _heif() -> None:
    register_heif_opener()


def _plain(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, in a mode that every format here can write."""
    clear = picture.mode in {"LA", "PA", "RGBa"} or (picture.mode == "P" and "transparency" in picture.info)
    if picture.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        picture = picture.convert("RGBA" if clear else "RGB")
    plain = picture.copy()
    plain.info = {}
    return plain


def _flat(plain: Image.Image) -> Image.Image:
    """Return the picture as a page shows it: three colours, on white."""
    if plain.mode != "RGBA":
        return plain.convert("RGB")
    page = Image.new("RGB", plain.size, "white")
    page.paste(plain, mask=plain.getchannel("A"))
    return page


def _original(plain: Image.Image, format_: str, profile: bytes | None) -> File:
    if format_ == "PNG" and plain.mode != "CMYK":
        return File(_saved(plain, "PNG", icc_profile=profile), "png", "image/png")
    if format_ == "WEBP" and plain.mode != "CMYK":
        return File(_saved(plain, "WEBP", icc_profile=profile or b"", quality=95), "webp", "image/webp")
    kept = plain if plain.mode in {"L", "RGB", "CMYK"} else _flat(plain)
    return File(_saved(kept, "JPEG", icc_profile=profile, quality=95, subsampling=0), "jpg", "image/jpeg")


def _jpeg(picture: Image.Image, profile: bytes | None, *, quality: int) -> File:
    body = _saved(picture, "JPEG", icc_profile=profile, quality=quality, progressive=True)
    return File(body, "jpg", "image/jpeg")


def _saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_, **options)
    return file.getvalue()
