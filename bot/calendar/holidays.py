"""Public holidays as suggestions: closures that a librarian may accept, change or leave out."""

from __future__ import annotations

import holidays

from bot.calendar.facts import DatedException


def suggestions(year: int, country: str = "HK", subdivision: str | None = None) -> tuple[DatedException, ...]:
    """Return a year's public holidays in order, each as a closed day with the holiday's English name.

    `country` and `subdivision` are ISO 3166 codes. Raises ValueError for a country that is not known.
    """
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision, years=year, language="en_US", categories=_categories(country)
        )
    except NotImplementedError as error:
        raise ValueError(f"No public holidays are known for {country!r}; write an ISO 3166 code such as HK.") from error
    return tuple(
        DatedException(key=f"holiday-{day.isoformat()}", starts=day, ends=day, kind="closed", reason=name)
        for day, name in sorted(found.items())
    )


def _categories(country: str) -> tuple[str, ...]:
    # Hong Kong's general holidays, on which libraries close, are the statutory ones and the "optional" ones.
    return ("public", "optional") if country == "HK" else ("public",)
