"""Tax rates where the catalogue's customers live, and the exact tax of an amount. Rates are per 100,000."""

from __future__ import annotations

from typing import Any

Rates = tuple[tuple[str, int], ...]

UNIT = 100_000
REDUCED_TYPES = frozenset({"Coffee", "Tea"})

_BY_COUNTRY: dict[str, tuple[Rates, Rates]] = {
    "DE": ((("MwSt.", 19_000),), (("MwSt.", 7_000),)), "AT": ((("USt.", 20_000),), (("USt.", 10_000),)),
    "FR": ((("TVA", 20_000),), (("TVA", 5_500),)), "ES": ((("IVA", 21_000),), (("IVA", 10_000),)),
    "IT": ((("IVA", 22_000),), (("IVA", 10_000),)), "PT": ((("IVA", 23_000),), (("IVA", 13_000),)),
    "NL": ((("btw", 21_000),), (("btw", 9_000),)), "PL": ((("VAT", 23_000),), (("VAT", 8_000),)),
    "CZ": ((("DPH", 21_000),), (("DPH", 12_000),)), "SE": ((("Moms", 25_000),), (("Moms", 12_000),)),
    "IE": ((("VAT", 23_000),), (("VAT", 0),)), "GR": ((("ΦΠΑ", 24_000),), (("ΦΠΑ", 13_000),)),
    "GB": ((("VAT", 20_000),), (("VAT", 0),)), "CH": ((("MWST", 8_100),), (("MWST", 2_600),)),
    "JP": ((("消費税", 10_000),), (("軽減税率", 8_000),)), "AU": ((("GST", 10_000),), (("GST", 0),)),
    "IN": ((("IGST", 18_000),), (("IGST", 5_000),)),
}  # fmt: skip

_BY_PROVINCE: dict[tuple[str, str | None], Rates] = {
    ("US", "TX"): (("Texas State Tax", 6_250), ("Austin City Tax", 1_000), ("Austin MTA Transit Tax", 1_000)),
    ("US", "NY"): (("New York State Tax", 4_000), ("New York City Tax", 4_500), ("Metropolitan Commuter Tax", 375)),
    ("US", "CA"): (("California State Tax", 6_000), ("San Francisco County Tax", 250)),
    ("US", "HI"): (("Hawaii State Tax", 4_000), ("Honolulu County Tax", 500)),
    ("CA", "ON"): (("HST", 13_000),), ("CA", "NS"): (("HST", 14_000),),
    ("CA", "BC"): (("GST", 5_000), ("PST", 7_000)), ("CA", "QC"): (("GST", 5_000), ("QST", 9_975)),
}  # fmt: skip


def rates(country: str, province: str | None, *, reduced: bool) -> Rates:
    """The taxes of a destination; the empty tuple where the shop does not collect any."""
    if country in _BY_COUNTRY:
        return _BY_COUNTRY[country][1 if reduced else 0]
    return _BY_PROVINCE.get((country, province), ())


def amounts(net: int, taxed: Rates, *, included: bool) -> list[int]:
    """What each tax takes of an amount in minor units, half up; `included` taxes are inside the amount."""
    base = UNIT + (sum(rate for _, rate in taxed) if included else 0)
    return [(2 * net * rate + base) // (2 * base) for _, rate in taxed]


def line(title: str, rate: int, price: Any) -> dict[str, Any]:
    return {
        "title": title,
        "rate": rate / UNIT,
        "ratePercentage": rate / 1000,
        "priceSet": price,
        "channelLiable": False,
    }
