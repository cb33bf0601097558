"""The interface of a page that shows photos, where people like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

# For as many photos at once a page tells how many people like each.
AT_ONCE = 50


class PhotoPage(Protocol):
    """A page of a library's. Every method raises a connectors.errors.SendError."""

    def publish(self, picture: bytes, caption: str, alternative: str) -> str:
        """Publish a JPEG; return the platform's number of the photo. `alternative`: what it shows, in words."""

    def find(self, caption: str) -> str | None:
        """Return the number of a photo with this caption, among the latest thousand; None: there is none."""

    def remove(self, photo: str) -> None:
        """Take a photo down; one that is not there any more is as good as taken down."""

    def likes(self, photos: Sequence[str]) -> dict[str, int]:
        """Return how many people like each of at most AT_ONCE photos; those that are gone are left out."""
