"""What somebody asked to see of their own data: a page behind a one-time link, and the archive that it gives, once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request
from sqlalchemy.exc import NoResultFound
from werkzeug.wrappers import Response

from bot.own_archive import packed
from bot.public.counter import counter
from bot.public.statement import wanted
from bot.store import data_requests

WORDS = {
    "en": {
        "title": "Your data",
        "lead": "Everything that the library's bot keeps of your chat: as a page to read, as JSON, with photos.",
        "once": "It can be downloaded once. Afterwards, or a day after you asked, this link shows nothing.",
        "button": "Download my data",
        "gone_title": "Nothing here",
        "gone": "This link was used already, or a day has passed. Write “my data” in the chat to get a new one.",
    },
    "zh-Hant": {
        "title": "你的資料",
        "lead": "這裏是圖書館的聊天機械人保留的所有對話資料：可閱讀的網頁、JSON 檔案和照片。",
        "once": "只能下載一次。下載後，或在你提出要求的一天後，連結便會失效。",
        "button": "下載我的資料",
        "gone_title": "沒有內容",
        "gone": "連結已經用過，或已過了一天。在對話中輸入「我的資料」，就可以取得新的連結。",
    },
    "zh-Hans": {
        "title": "你的资料",
        "lead": "这里是图书馆的聊天机器人保留的所有对话资料：可阅读的网页、JSON 文件和照片。",
        "once": "只能下载一次。下载后，或在你提出要求的一天后，链接便会失效。",
        "button": "下载我的资料",
        "gone_title": "没有内容",
        "gone": "链接已经用过，或已过了一天。在对话中输入“我的资料”，就可以取得新的链接。",
    },
}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/data/<token>")
    def own_data_page(token: str) -> Response:
        # Opening it uses nothing up: platforms fetch the links in messages themselves.
        at = counter()
        there = data_requests.opens(at.engine, token, at.now())
        return _hidden(_page("public/own_data.html", there=there), 200 if there else 404)

    @pages.post("/data/<token>")
    def own_data_archive(token: str) -> Response:
        at = counter()
        person_id = data_requests.use(at.engine, token, at.now())
        try:
            body = packed(at.engine, at.storage, person_id) if person_id is not None else None
        except NoResultFound:  # forgotten a moment ago
            body = None
        if body is None:
            return _hidden(_page("public/own_data.html", there=False), 404)
        response = _hidden(body, 200)
        response.headers["Content-Type"] = "application/zip"
        response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
        return response


def _page(name: str, **values: Any) -> str:
    language = wanted(request.args.get("lang", ""), request.accept_languages)
    return render_template(name, language=language, words=WORDS[language], **values)


def _hidden(body: str | bytes, status: int) -> Response:
    """Return a response that nobody caches or indexes."""
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
