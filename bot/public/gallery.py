"""The public gallery of a contest's edition, off until staff switch it on: accepted photos, and nothing else.

A photo's address holds its file's random name, and is answered only while its entry is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as Answer

from bot.calendar.contests import phase, votes_at
from bot.calendar.facts import Contest
from bot.contest import results
from bot.contest.storage import Missing, StorageError
from bot.language import ENGLISH, SIMPLIFIED, TRADITIONAL, in_simplified
from bot.public.counter import Counter, counter
from bot.public.statement import NAMES, wanted
from bot.store import awards, entries_shown, library
from bot.store.entries import ACCEPTED
from bot.store.entries_shown import Shown

A_PAGE = 60
# How long browsers and proxies may keep what they got: a photo that is no longer accepted is gone after that.
SECONDS = 3600
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_WORDS = {
    "photos": ("Photos", "作品"),
    "by": ("by", "作者："),
    "vote": ("Vote", "投票"),
    "none": ("No photo is shown yet.", "暫時未有作品展出。"),
    "winners": ("Winners", "得獎作品"),
    "how": ("To vote, send the photo's number to the library's bot.", "想投票，請把作品編號傳送給圖書館聊天機械人。"),
    "messenger": ("on Messenger", "用 Messenger"),
    "whatsapp": ("on WhatsApp", "用 WhatsApp"),
    "languages": ("Language", "語言"),
    "page": ("Page {page} of {pages}", "第 {page} 頁，共 {pages} 頁"),
    "before": ("Previous page", "上一頁"),
    "after": ("Next page", "下一頁"),
    "turn": ("Pages", "頁"),
}


@dataclass(frozen=True)
class Tile:
    """A photo as it is shown: its entry, the awards that were published, and where to vote for it."""

    entry: Shown
    awards: tuple[str, ...]
    votes: tuple[tuple[str, str], ...]


def words_in(language: str) -> dict[str, str]:
    """Return the page's own words in a language."""
    if language == ENGLISH:
        return {name: each[0] for name, each in _WORDS.items()}
    chinese = {name: each[1] for name, each in _WORDS.items()}
    return {name: in_simplified(each) for name, each in chinese.items()} if language == SIMPLIFIED else chinese


def add(pages: Blueprint) -> None:
    """Add the pages. The dash cannot be an edition's key: keys begin with a letter or a digit."""

    @pages.get("/-/<name>")
    def photo(name: str) -> Response:
        at = counter()
        if not entries_shown.is_public(at.engine, name):
            abort(404)
        etag = name.partition(".")[0]
        response = Response(status=304) if etag in request.if_none_match else file_of(at, name)
        response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        response.set_etag(etag)
        return response

    @pages.get("/<path:key>")
    def gallery(key: str) -> Answer:
        at, language = counter(), wanted(request.args.get("lang", ""), request.accept_languages)
        contest = next((each for each in library.read_facts(at.engine, at.zone).contests if each.key == key), None)
        if contest is None or not contest.published or phase(contest, at.now()) == "draft":
            abort(404)
        number = max(request.args.get("page", 1, type=int), 1)
        pages = -(-entries_shown.count(at.engine, contest.key, {ACCEPTED}) // A_PAGE)
        winners, tiles = _tiles(at, contest, language, number)
        page = render_template(
            "public/gallery.html",
            contest=contest,
            language=language,
            names={tag: NAMES[tag] for tag in (ENGLISH, TRADITIONAL, SIMPLIFIED)},
            said=words_in(language),
            winners=winners,
            tiles=tiles,
            number=number,
            pages=pages,
            voting=contest.voting == "chat" and votes_at(contest, at.now()),
        )
        response = Response(page)
        response.headers["Cache-Control"] = "public, max-age=60"
        response.headers["Vary"] = "Accept-Language"
        return response


def _tiles(at: Counter, contest: Contest, language: str, page: int) -> tuple[list[Tile], list[Tile]]:
    """Return the winners, on the first page alone, and the other photos of a page."""
    given = results.in_order(contest, awards.of_contest(at.engine, contest.key))
    won: dict[int, list[str]] = {}
    for each in given:
        if each.published_at:
            won.setdefault(each.entry_id, []).append(each.award)
    first = entries_shown.of_ids(at.engine, won) if won and page == 1 else ()
    winners = sorted((each for each in first if each.state == ACCEPTED), key=lambda each: list(won).index(each.id))
    found = entries_shown.page(at.engine, contest.key, {ACCEPTED}, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    open_now = contest.voting == "chat" and votes_at(contest, at.now())

    def tile(entry: Shown) -> Tile:
        votes = _votes(at, entry.number, language) if open_now else ()
        return Tile(entry, tuple(won.get(entry.id, ())), votes)

    others = [each for each in found if each.id not in won]
    return [tile(each) for each in winners if each.web], [tile(each) for each in others if each.web]


def _votes(at: Counter, number: int, language: str) -> tuple[tuple[str, str], ...]:
    """Return where to vote for an entry: each chat with the words ready to be sent."""
    text = quote(f"vote {number}" if language == ENGLISH else f"投 {number}")
    found = (
        ("messenger", f"https://m.me/{at.page}?text={text}" if at.page else ""),
        ("whatsapp", f"https://wa.me/{at.number}?text={text}" if at.number else ""),
    )
    return tuple(each for each in found if each[1])


def file_of(at: Counter, name: str) -> Response:
    """Return a stored picture. Answers 404 if its file is not there, and 503 if the storage is away."""
    if at.storage is None:
        abort(404)
    try:
        body = at.storage.open(name)
    except Missing:
        abort(404)
    except StorageError:
        abort(503)
    return Response(body, content_type=_TYPES.get(name.rpartition(".")[2], "application/octet-stream"))
