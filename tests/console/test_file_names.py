"""What a student's file is called where staff keep it."""

from __future__ import annotations

import pytest

from bot.console.attachments import named


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ("Thesis draft v2.pdf", "", "Thesis draft v2.pdf"),
        ("論文 草稿.docx", "", "論文 草稿.docx"),
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("photo.pdf", "image/png", "photo.png"),
        (None, "", "attachment-7-0.bin"),
        (None, "image/webp", "attachment-7-0.webp"),
        ("../../etc/passwd", "", "passwd.bin"),
        ("C:\\Users\\me\\essay.doc", "", "essay.doc"),
        (".htaccess", "", "htaccess.bin"),
        ("   ", "", "attachment-7-0.bin"),
        ("a\r\nSet-Cookie: x.pdf", "", "aSet-Cookie_ x.pdf"),
        ("\u202efdp.exe", "", "fdp.exe"),
    ],
)
def test_a_file_keeps_its_name_as_far_as_it_is_one(given: str | None, kind: str, kept: str) -> None:
    """No path, no line break, no letters that turn the others round; a picture ends as what it is."""
    assert named(given, "attachment-7-0", kind) == kept
