"""A stand-in for the campus's OpenID Connect server: discovery, keys, the code flow with PKCE, on a port of its own."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from typing import Any

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwk, jwt
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "carrel", "a secret of the campus"


class Campus:
    """The server. Whoever comes is taken for `person`; `claims` go over those of the token, `key` signs it."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.key = _key()
        self.published = self.key
        self.refuses = ""
        self.broken = ""
        self._codes: dict[str, dict[str, str]] = {}
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Answer, in a thread."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more: the port is closed."""
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask("campus")

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            if self.broken == "discovery":
                return "<html>Maintenance</html>"
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }

        @app.get("/keys")
        def keys() -> Any:
            return ("down", 503) if self.broken == "keys" else jsonify(keys=[self.published.as_dict(private=False)])

        @app.get("/authorize")
        def authorize() -> Any:
            asked = request.args
            if self.refuses:
                return redirect(f"{asked['redirect_uri']}?error={self.refuses}&state={asked['state']}")
            code = secrets.token_hex(8)
            self._codes[code] = {name: asked[name] for name in ("nonce", "code_challenge", "redirect_uri")}
            return redirect(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

        @app.post("/token")
        def token() -> Any:
            if self.broken == "token":
                return Response("Bad gateway", status=502)
            kept = self._codes.pop(request.form["code"], None)
            challenge = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            told = request.authorization
            if (
                kept is None
                or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != kept["code_challenge"]
                or request.form["redirect_uri"] != kept["redirect_uri"]
                or (told and (told.username, told.password)) != (CLIENT_ID, CLIENT_SECRET)
            ):
                return {"error": "invalid_grant"}, 400
            now = int(time.time())
            claims = {"iss": self.issuer, "sub": "1", "aud": CLIENT_ID, "iat": now, "exp": now + 300}
            claims |= {"nonce": kept["nonce"], **self.person, **self.claims}
            signed = jwt.encode({"alg": "RS256", "kid": self.published.kid}, claims, self.key)
            return {"access_token": "x", "token_type": "Bearer", "id_token": signed}

        return app


def _key() -> jwk.RSAKey:
    return jwk.RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig"})


def another_key() -> jwk.RSAKey:
    """Return a key that the campus has not published."""
    return _key()
