"""Meta's signed requests, as its data-deletion callback sends them: verified and read. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from connectors.errors import PayloadError, SignatureError

LONGEST = 4096


def user_of(signed_request: str, app_secrets: list[str]) -> str:
    """Return the app-scoped user id in a signed request, "signature.payload", each part base64url without padding.

    The signature is the HMAC-SHA256 of the encoded payload under one of the app secrets. Raises SignatureError, or
    PayloadError for a signed one without a user. Meta, "Data Deletion Request Callback".
    """
    if len(signed_request) > LONGEST or signed_request.count(".") != 1:
        raise SignatureError("signed_request is missing, or is not two parts with a dot between them")
    given, payload = signed_request.split(".")
    signature = _decoded(given)
    encoded = payload.encode("utf-8", "replace")
    rights = [hmac.new(each.encode(), encoded, hashlib.sha256).digest() for each in app_secrets]
    if not any(hmac.compare_digest(signature, right) for right in rights):
        raise SignatureError("signed_request is not signed with this app's secret")
    try:
        told = json.loads(_decoded(payload))
    except (ValueError, RecursionError) as error:
        raise PayloadError("the payload of signed_request is not JSON") from error
    user = told.get("user_id") if isinstance(told, dict) else None
    if not isinstance(told, dict) or str(told.get("algorithm", "")).upper() != "HMAC-SHA256":
        raise PayloadError('the payload of signed_request should say "algorithm": "HMAC-SHA256"')
    if isinstance(user, bool) or not isinstance(user, str | int) or not str(user).isdigit() or len(str(user)) > 64:
        raise PayloadError('the payload of signed_request should hold "user_id", a number')
    return str(user)


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("a part of signed_request is not base64url") from error
