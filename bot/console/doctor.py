"""What keeps Carrel from working, and what to do: what `carrel doctor` finds, as a page."""

from __future__ import annotations

from flask import Blueprint, render_template

from bot.console.access import ADMINISTRATOR, allows
from bot.console.desk import desk

# The parts as people call them, the worst state first.
PARTS = {
    "settings": "Settings",
    "files": "Files",
    "model": "Model",
    "database": "Database",
    "contacts": "Emergency contacts",
    "redis": "Queue",
    "rasa": "Rasa",
    "actions": "Actions",
    "messenger": "Messenger",
    "whatsapp": "WhatsApp",
    "twilio": "WhatsApp (Twilio)",
}
STATES = {"wrong": "Does not work", "warn": "Worth a look", "ok": "Works"}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/doctor")
    @allows(ADMINISTRATOR)
    def doctor() -> str:
        return render_template("console/doctor.html")

    @pages.get("/doctor/findings")
    @allows(ADMINISTRATOR)
    def findings() -> str:
        # Loaded apart from the page: the platforms are asked too, and may take their time.
        examine = desk().examine
        found = sorted(examine(), key=lambda each: list(STATES).index(each[1])) if examine else None
        return render_template("console/findings.html", found=found, parts=PARTS, states=STATES)
