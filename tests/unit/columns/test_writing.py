"""How people write numbers and dates: signs of money, percents, parentheses, months in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dataio.columns import DateColumn, DateTimeColumn, DecimalColumn, IntegerColumn

PRICE = DecimalColumn("x", max_digits=12, decimal_places=2)
SHARE = DecimalColumn("x", max_digits=18, decimal_places=6)
WHOLE = IntegerColumn("x")
EURO = {"currency": "EUR", "decimal": ","}
DONG = {"currency": "VND", "decimal": ","}
DOLLAR = {"currency": "USD", "decimal": "."}
MINUS = {"negative": "minus", "decimal": "."}


@pytest.mark.parametrize(
    ("cell", "number", "options"),
    [
        ("€ 12,50", "12.50", EURO),
        ("12,50 €", "12.50", EURO),
        ("-€12,50", "-12.50", EURO),
        ("€ -1.234,50", "-1234.50", EURO),
        ("12,50\u00a0EUR", "12.50", EURO),
        ("eur 7", "7", EURO),
        ("1.250.000 ₫", "1250000", DONG),
        ("1.250.000đ", "1250000", DONG),
        ("250.000 VNĐ", "250000", DONG),
        ("US$1,234.50", "1234.50", DOLLAR),
        ("$5", "5", DOLLAR),
        ("($1,234.50)", "-1234.50", DOLLAR | MINUS),
        ("$(5)", "-5", DOLLAR | MINUS),
        ("(5) USD", "-5", DOLLAR | MINUS),
        ("(12.50)", "-12.50", MINUS),
        ("12.50-", "-12.50", MINUS),
        ("( 3 )", "-3", MINUS),
        ("12 %", "0.12", {"percent": "fraction"}),
        ("12.5%", "0.125", {"percent": "fraction"}),
        ("12,5 %", "0.125", {"percent": "fraction", "decimal": ","}),
        ("-0.5%", "-0.005", {"percent": "fraction"}),
        ("(5%)", "-0.05", {"percent": "fraction", "negative": "minus"}),
        ("12 %", "12", {"percent": "number"}),
        ("0.12", "0.12", {"percent": "fraction"}),
        ("0.125", "0.125", {}),
        ("1234.567", "1234.567", {}),
        ("1.234", "1.234", {"decimal": "."}),
        ("1.234", "1234", {"decimal": ","}),
    ],
)
def test_what_the_format_names_is_taken_off(value, cell, number, options):
    assert value(SHARE, cell, **options) == Decimal(number)


@pytest.mark.parametrize(
    ("cell", "sentence", "options"),
    [
        (
            "€ 12.50",
            '"€ 12.50" has a sign of money. Choose the currency on the mapping page, or write '
            "it like 12.50.",
            {},
        ),
        (
            "$ 12.50",
            '"$ 12.50" is not in EUR, the currency that was chosen. Write the amount in EUR, '
            "like 12,50.",
            EURO,
        ),
        (
            "12 %",
            '"12 %" has a percent sign. Choose on the mapping page how percents are read, or '
            "write it like 12.50.",
            {},
        ),
        (
            "(12.50)",
            '"(12.50)" may be less than zero. Choose on the mapping page that it is, or write '
            "it like -12.50.",
            {},
        ),
        (
            "12.50-",
            '"12.50-" may be less than zero. Choose on the mapping page that it is, or write '
            "it like -12.50.",
            {},
        ),
        (
            "1.234",
            '"1.234" has separators that can mean different things. Write it like 12.50, or '
            "choose the decimal sign on the mapping page.",
            {},
        ),
        ("(abc)", '"(abc)" is not a number. Write it like 12.50.', MINUS),
        ("((5))", '"((5))" is not a number. Write it like 12.50.', MINUS),
        ("-(5)", '"-(5)" is not a number. Write it like 12.50.', MINUS),
        ("€", '"€" is not a number. Write it like 12,50.', EURO),
        (
            "5 % %",
            '"5 % %" is not a number. Write it like 12.50.',
            {"percent": "number"},
        ),
    ],
)
def test_what_nobody_named_is_a_problem(problem, cell, sentence, options):
    assert problem(PRICE, cell, **options) == ("not_a_number", sentence)


def test_a_thousand_with_a_point_is_not_read_as_one(problem):
    assert problem(WHOLE, "1.000")[0] == "not_a_number"


def test_good_rows_keep_their_places_beside_dressed_ones(read):
    cells = ["5", "€ 6", None, "x", "€ 7,5", 8]

    parsed = read(PRICE, cells, **EURO)

    assert parsed.values.tolist()[:2] == [Decimal("5.00"), Decimal("6.00")]
    assert parsed.values.iloc[4:].tolist() == [Decimal("7.50"), Decimal("8.00")]
    assert parsed.problems["row"].tolist() == [5]


@pytest.mark.parametrize(
    "text",
    [
        "25 Dec 2024",
        "25-Dec-2024",
        "25 DECEMBER 2024",
        "25th December, 2024",
        "Dec 25, 2024",
        "December 25th 2024",
        "2024-Dec-25",
        "25. Dec. 2024",
        "25 tháng 12 năm 2024",
        "ngày 25 tháng 12 năm 2024",
        "Ngày 25 Tháng 12, 2024",
        "25 tháng mười hai năm 2024",
        "25 tha\u0301ng 12 na\u0306m 2024",
        "25 thg 12, 2024",
    ],
)
def test_months_may_be_words(value, text):
    assert value(DateColumn("x"), text) == dt.date(2024, 12, 25)
    assert value(DateColumn("x"), text, date_order="MDY") == dt.date(2024, 12, 25)


def test_a_month_in_words_may_carry_a_time(value):
    moment = value(DateTimeColumn("x"), "25 Dec 2024 2:30 PM")

    assert moment.isoformat() == "2024-12-25T14:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "25-Dec-24",
            '"25-Dec-24" has a year of two digits. Write all four, like 2024-12-31.',
        ),
        ("31 Feb 2024", '"31 Feb 2024" is not a date. Write it like 2024-12-31.'),
        ("25 Dez 2024", '"25 Dez 2024" is not a date. Write it like 2024-12-31.'),
        ("Dec 2024", '"Dec 2024" is not a date. Write it like 2024-12-31.'),
        (
            "25 tháng 13 năm 2024",
            '"25 tháng 13 năm 2024" is not a date. Write it like 2024-12-31.',
        ),
        ("tomorrow", '"tomorrow" is not a date. Write it like 2024-12-31.'),
    ],
)
def test_words_that_are_no_date_are_problems(problem, text, sentence):
    assert problem(DateColumn("x"), text) == ("not_a_date", sentence)
