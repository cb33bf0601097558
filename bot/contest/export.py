"""An edition's photos and entries as one archive, made while it is sent: a thousand originals fit into no memory."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.contest.storage import Storage, StorageError
from bot.store.entries_shown import Shown

COLUMNS = (
    *("number", "state", "title", "description", "name", "who", "contact", "entered", "file"),
    *("votes", "jury", "awards"),
)
LONGEST_NAME = 60
# A file in the archive has no date of its own, so that the same photos make the same archive.
_DATE = (1980, 1, 1, 0, 0, 0)


class _Sink(io.RawIOBase):
    """Takes what the archive's writer writes, and gives it away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, part: object) -> int:
        """Keep a part until it is taken."""
        made = bytes(part)  # type: ignore[call-overload]
        self._parts.append(made)
        return len(made)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def archive(
    entries: Iterable[Shown], storage: Storage, more: Mapping[int, Mapping[str, str]], entered: Mapping[int, str]
) -> Iterator[bytes]:
    """Yield an archive of the entries' cleaned originals, with a spreadsheet of all entries as its last file.

    `more`: by entry, its votes, jury and awards; `entered`: by entry, when it came. An entry whose file is not there
    has a row without one.
    """
    sink, rows = _Sink(), []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as made:
        for each in entries:
            name = ""
            if each.original:
                try:
                    body = storage.open(each.original)
                except StorageError:
                    pass  # the row says that it has no file
                else:
                    name = file_name(each)
                    made.writestr(zipfile.ZipInfo(name, _DATE), body)
                    yield sink.taken()
            rows.append(_row(each, name, more.get(each.id, {}), entered.get(each.id, "")))
        made.writestr(zipfile.ZipInfo("entries.csv", _DATE), spreadsheet(rows).encode("utf-8-sig"))
    yield sink.taken()


def file_name(entry: Shown) -> str:
    """Return an entry's file name in the archive: its number and as much of its title as a file name may hold."""
    plain = unicodedata.normalize("NFC", entry.title)
    words = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', " ", plain).strip(" .")[:LONGEST_NAME].strip(" .")
    return f"{entry.number:04d} {words}".strip() + f".{entry.original.rpartition('.')[2]}"


def spreadsheet(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as CSV that spreadsheets read as text, never as formulas (OWASP, "CSV Injection")."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _safe(row.get(name, "")) for name in COLUMNS})
    return out.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _row(entry: Shown, file: str, more: Mapping[str, str], entered: str) -> dict[str, str]:
    return {
        "number": str(entry.number),
        "state": entry.state,
        "title": entry.title,
        "description": entry.description,
        "name": entry.shown_name,
        "who": entry.who,
        "contact": entry.contact,
        "entered": entered,
        "file": file,
        **more,
    }
