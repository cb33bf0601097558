"""What becomes of a photo: upright, in its own colours, and without a byte about where it was taken."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from bot.contest import photos
from bot.contest.photos import Cleaned, PhotoProblem, cleaned, taken
from tests.contest import GPS_WORDS, bomb, photo, picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FORMATS = ["JPEG", "PNG", "WEBP", "HEIF"]


def files(found: Cleaned) -> list[bytes]:
    return [found.original.body, found.web.body, found.thumb.body]


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


def problem(body: bytes, formats: frozenset[str] = photos.ANY) -> str:
    with pytest.raises(PhotoProblem) as raised:
        cleaned(body, formats)
    return raised.value.word


@pytest.mark.parametrize("format_", FORMATS)
def test_no_stored_byte_tells_where_or_with_what_it_was_taken(format_: str) -> None:
    body = photo(format_)
    assert any(word in body for word in GPS_WORDS)
    for each in files(cleaned(body)):
        assert not [word for word in GPS_WORDS if word in each]
        assert not opened(each).getexif()


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_photo_taken_sideways_stands_upright_and_says_nothing_of_it(format_: str) -> None:
    found = cleaned(photo(format_, orientation=6))
    assert (found.width, found.height) == (200, 320)
    assert all(opened(each).height > opened(each).width for each in files(found))


@pytest.mark.parametrize("format_", FORMATS)
def test_the_colour_profile_is_kept(format_: str) -> None:
    found = cleaned(photo(format_, profile=SRGB))
    assert [opened(each).info.get("icc_profile") for each in files(found)] == [SRGB] * 3


def test_an_iphones_heic_becomes_a_jpeg_and_others_stay_what_they_are() -> None:
    endings = [cleaned(photo(format_)).original.ending for format_ in FORMATS]
    assert endings == ["jpg", "png", "webp", "jpg"]


def test_web_and_thumbnail_are_small_whatever_came() -> None:
    file = io.BytesIO()
    picture(3000, 1000).save(file, "JPEG")
    found = cleaned(file.getvalue())
    assert [opened(each).size for each in files(found)] == [(3000, 1000), (1600, 533), (480, 160)]


def test_a_bomb_is_not_decoded() -> None:
    body = bomb()
    assert len(body) < 100_000
    assert problem(body) == "pixels"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_truncated_file_is_broken(format_: str) -> None:
    body = photo(format_)
    assert problem(body[: len(body) // 2]) in {"broken", "type"}


@pytest.mark.parametrize(
    "body", [b"", b"%PDF-1.7 not a photo", b"\x00\x00\x00\x18ftypmp42 a video", b"GIF89a" + bytes(20)]
)
def test_what_is_no_photo_is_of_the_wrong_type(body: bytes) -> None:
    assert problem(body) == "type"


def test_a_png_named_jpg_is_a_png() -> None:
    assert cleaned(photo("PNG")).original.mime == "image/png"
    assert problem(photo("PNG"), taken(["JPG"])) == "type"


def test_the_types_of_an_edition_are_read_as_people_write_them() -> None:
    assert taken(["JPG", ".png"]) == {"JPEG", "PNG"}
    assert taken(["heic"]) == {"HEIF"}
    assert taken([]) == taken(["film"]) == photos.ANY


def test_the_same_picture_in_another_size_and_format_looks_alike_another_does_not() -> None:
    small = io.BytesIO()
    picture().resize((160, 100)).save(small, "WEBP", quality=70)
    one, again, other = cleaned(photo("PNG")), cleaned(small.getvalue()), cleaned(photo("PNG", seed=2))
    assert one.sha256 != again.sha256
    assert _apart(one.phash, again.phash) <= 6 < _apart(one.phash, other.phash)


def _apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_transparent_and_grey_and_inked_pictures_are_taken() -> None:
    for mode, format_ in (
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("I;16", "PNG"),
        ("1", "PNG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
    ):
        file = io.BytesIO()
        Image.new(mode, (64, 48)).save(file, format_)
        assert cleaned(file.getvalue()).width == 64
