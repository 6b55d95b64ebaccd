"""Signs and codes of money, by the currency they mean."""

from __future__ import annotations

import re

CURRENCIES: dict[str, tuple[str, ...]] = {
    "EUR": ("€", "EUR"),
    "USD": ("US$", "$", "USD"),
    "GBP": ("£", "GBP"),
    "VND": ("₫", "VNĐ", "VND", "đồng", "đ"),
    "AED": ("AED",),
    "AUD": ("AU$", "A$", "AUD"),
    "BRL": ("R$", "BRL"),
    "CAD": ("CA$", "C$", "CAD"),
    "CHF": ("CHF", "Fr."),
    "CNY": ("CN¥", "CNY", "RMB", "元"),
    "CZK": ("Kč", "CZK"),
    "DKK": ("DKK",),
    "HKD": ("HK$", "HKD"),
    "HUF": ("Ft", "HUF"),
    "IDR": ("Rp", "IDR"),
    "ILS": ("₪", "ILS"),
    "INR": ("₹", "INR"),
    "JPY": ("JP¥", "JPY", "円"),
    "KRW": ("₩", "KRW"),
    "MXN": ("MX$", "MXN"),
    "MYR": ("RM", "MYR"),
    "NOK": ("NOK",),
    "NZD": ("NZ$", "NZD"),
    "PHP": ("₱", "PHP"),
    "PLN": ("zł", "PLN"),
    "RUB": ("₽", "RUB"),
    "SEK": ("SEK",),
    "SGD": ("S$", "SGD"),
    "THB": ("฿", "THB"),
    "TRY": ("₺", "TRY"),
    "TWD": ("NT$", "TWD"),
    "UAH": ("₴", "UAH"),
    "ZAR": ("ZAR",),
    # These signs belong to several countries, so they are a currency of their own.
    "¥": ("¥",),
    "kr": ("kr.", "kr"),
}
"""Longer signs stand before the shorter ones they begin with."""
_BY_SIGN = {
    sign.casefold(): code for code, signs in CURRENCIES.items() for sign in signs
}


def pattern_of(*codes: str) -> str:
    """Return a regular expression (RE2) for the signs of these currencies; of all without codes."""
    signs = [sign for code in codes or CURRENCIES for sign in CURRENCIES.get(code, ())]
    longest = sorted(signs, key=len, reverse=True)
    return "(?i:" + "|".join(re.escape(sign) for sign in longest) + ")"


def currency_of(sign: str) -> str:
    """Return the currency that a sign or code means, "" when it means none.

    >>> currency_of("vnđ")
    'VND'
    """
    return _BY_SIGN.get(sign.strip().casefold(), "")
