"""Platform errors, as one hierarchy.

ConnectorError
├── SignatureError      the webhook is not from the platform: answer 403, store nothing
├── PayloadError        signed, but not a payload the platform sends: answer 400
└── SendError           the platform did not accept a call
    ├── RetryableError    try again later, after `retry_after` seconds where the platform says so
    ├── PermanentError    this message to this person will never be delivered
    └── OperatorError     nothing will be sent until somebody fixes the setup (an expired token)

Each send error has a `reason`: a sentence for staff, free of personal data and secrets.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Base class of all connector errors."""


class SignatureError(ConnectorError):
    """The request does not have a valid platform signature."""


class PayloadError(ConnectorError):
    """The body is signed but is not a payload the platform sends."""


class SendError(ConnectorError):
    """The platform did not accept a call.

    `code` is the platform's own ("190", "10/2018278", "http 500"); `reason` is for staff. `growth` is the back-off
    factor that the platform asks for. `most_tries`: the call is given up after this many tries, for codes that may also
    mean a permanent failure.
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
    """Will succeed only after an operator fixes something: token, permission, page."""


class StoreUnavailable(Exception):
    """Webhook events can't be stored right now: the platform is asked to redeliver them. Not a platform error."""


class MatchingError(Exception):
    """The platform does not say which of its ids belong together; the text says why, without an id."""
