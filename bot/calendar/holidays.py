"""Public holidays as suggestions: closures that a librarian may accept, change or leave out."""

from __future__ import annotations

import holidays

from bot.calendar.facts import DatedException

# Common names of days that the table of Hong Kong's holidays calls something else.
_CALLED = {
    "the first weekday after christmas day": "day after Christmas",
    "the second weekday after christmas day": "Christmas holiday",
    "tomb-sweeping day": "Ching Ming Festival",
    "labor day": "Labour Day",
    "hong kong s.a.r. establishment day": "HKSAR Establishment Day",
    "buddha's birthday": "Buddha's Birthday",
    "double ninth festival": "Chung Yeung Festival",
    "mid-autumn festival": "Mid-Autumn Festival",
}
_THE_NEXT_DAY, _THE_ONE_AFTER = "the day following ", "the second day following "
_IN_PLACE = " (observed)"


def called(name: str) -> str:
    """Return the common name of a public holiday: "day after Good Friday" for "The day following Good Friday".

    If two fall on one day: the feast itself, else the day after one.
    """
    names = [each.removesuffix(_IN_PLACE) for each in name.split("; ") if not each.endswith(_IN_PLACE)]
    if not names:
        return f"holiday for {_one(name.split('; ')[0].removesuffix(_IN_PLACE))}"
    feasts = [each for each in names if not each.casefold().startswith(_THE_NEXT_DAY)]
    return _one((feasts or names)[0])


def _one(name: str) -> str:
    plain = name.casefold().replace("the buddha", "buddha")
    if plain in _CALLED:
        return _CALLED[plain]
    for words, told in ((_THE_NEXT_DAY, "day after"), (_THE_ONE_AFTER, "second day after")):
        if plain.startswith(words):
            feast = _one(name[len(words) :])
            return f"{told} {'the ' if feast.endswith('Festival') else ''}{feast}"
    return name[4].lower() + name[5:] if plain.startswith("the ") else name


def suggestions(year: int, country: str = "HK", subdivision: str | None = None) -> tuple[DatedException, ...]:
    """Return a year's public holidays in order, each as a closed day with the holiday's common name.

    `country` and `subdivision` are ISO 3166 codes. Raises ValueError for an unknown country.
    """
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision, years=year, language="en_US", categories=_categories(country)
        )
    except NotImplementedError as error:
        raise ValueError(f"No public holidays are known for {country!r}; write an ISO 3166 code such as HK.") from error
    return tuple(
        DatedException(key=f"holiday-{day.isoformat()}", starts=day, ends=day, kind="closed", reason=called(name))
        for day, name in sorted(found.items())
    )


def _categories(country: str) -> tuple[str, ...]:
    # Hong Kong's general holidays, on which libraries close, are the statutory and the "optional" ones.
    return ("public", "optional") if country == "HK" else ("public",)
