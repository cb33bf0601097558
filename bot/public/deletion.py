"""Meta's data-deletion callback, and the page that tells what came of a request, by its code."""

from __future__ import annotations

from flask import Blueprint, Flask, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from bot.public.counter import counter
from bot.public.statement import wanted
from bot.store import data_requests
from connectors.errors import PayloadError, SignatureError
from connectors.signed_request import user_of

CHANNEL = "messenger"
TOLD = {
    "en": {
        "title": "Deletion of data",
        "due": "We have received this request and are carrying it out.",
        "staff": "We have received this request. Facebook's number for you is not the one under which you wrote to us, "
        "so somebody of the library is looking for your data by hand, within 40 days. It is quicker to write "
        "“delete my data” to the library in Messenger.",
        "done": "Done: what was kept of you was deleted.",
        "refused": "The library could not follow this request. Ask at its information desk, naming the code.",
        "unknown": "There is no request of this code.",
    },
    "zh-Hant": {
        "title": "刪除資料",
        "due": "我們收到這項要求，正在處理。",
        "staff": "我們收到這項要求。Facebook 給我們的編號與你傳訊息時的不同，所以職員會在 40 天內人手尋找你的資料。"
        "在 Messenger 向圖書館輸入「刪除我的資料」會更快。",
        "done": "已完成：我們保留的你的資料已經刪除。",
        "refused": "圖書館未能處理這項要求。請到詢問處查詢，並說出編號。",
        "unknown": "沒有這個編號的要求。",
    },
    "zh-Hans": {
        "title": "删除资料",
        "due": "我们收到这项要求，正在处理。",
        "staff": "我们收到这项要求。Facebook 给我们的编号与你发消息时的不同，所以职员会在 40 天内人工查找你的资料。"
        "在 Messenger 向图书馆输入“删除我的资料”会更快。",
        "done": "已完成：我们保留的你的资料已经删除。",
        "refused": "图书馆未能处理这项要求。请到询问处查询，并说出编号。",
        "unknown": "没有这个编号的要求。",
    },
}


def add(pages: Blueprint) -> None:
    """Add the status page."""

    @pages.get("/deletion/<code>")
    def deletion_status(code: str) -> Response:
        at = counter()
        found = data_requests.by_code(at.engine, code[:16])
        known = found if found is not None and found.kind == data_requests.ERASURE else None
        state = known.state if known is not None and known.state in TOLD["en"] else "unknown"
        language = wanted(request.args.get("lang", ""), request.accept_languages)
        page = render_template(
            "public/deletion.html", language=language, words=TOLD[language], state=state, code=known and known.code
        )
        response = make_response(page, 200 if known else 404)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def add_callback(app: Flask) -> None:
    """Add the callback that Meta calls; it answers 404 while no Messenger channel is on."""

    @app.post("/webhooks/meta/deletion")
    def deletion_callback() -> Response:
        at = counter()
        if not at.app_secrets:
            return _plain("no such channel is switched on", 404)
        try:
            user = user_of(request.form.get("signed_request", ""), list(at.app_secrets))
        except SignatureError:
            return _plain("wrong or missing signature", 403)
        except PayloadError as error:
            return _plain(f"not a deletion request: {error}", 400)
        asked = data_requests.add_once(at.engine, CHANNEL, user, at.now())
        address = f"{at.public_url}/privacy/deletion/{asked.code}"
        return jsonify({"url": address, "confirmation_code": asked.code})


def _plain(text: str, status: int) -> Response:
    response = make_response(text, status)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
