"""What can go wrong with a platform, as one family.

ConnectorError
├── SignatureError      the webhook is not the platform's: answer 403, store nothing
├── PayloadError        signed, but not what the platform sends at all: answer 400
└── SendError           the platform did not take a call
    ├── RetryableError    try again later, after `retry_after` seconds where the platform says so
    ├── PermanentError    this message to this person will never go
    └── OperatorError     nothing will go until somebody repairs the set-up (an expired token)

Each send error carries `reason`: a sentence that staff may read, with no personal data and no secret in it.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """The root of the family."""


class SignatureError(ConnectorError):
    """The request is not signed as the platform signs."""


class PayloadError(ConnectorError):
    """The body is signed but is not what the platform sends."""


class SendError(ConnectorError):
    """The platform did not take a call.

    `code` is the platform's own ("190", "10/2018278", "http 500"); `reason` is for staff. `growth` is by how much the
    platform wants each delay to be longer than the one before. `most_tries`: after so many the call is given up, where
    the code may also mean that it will never go.
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        retry_after: float | None = None,
        growth: float = 2.0,
        most_tries: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_after = retry_after
        self.growth = growth
        self.most_tries = most_tries


class RetryableError(SendError):
    """Worth another try: a timeout, a 5xx, a rate limit."""


class PermanentError(SendError):
    """Will never succeed for this person or this message."""


class OperatorError(SendError):
    """Will succeed only after an operator repairs something: token, permission, page."""


class StoreUnavailable(Exception):
    """Nobody can take a webhook's events now: the platform is asked to deliver them again. Not a platform's error."""
