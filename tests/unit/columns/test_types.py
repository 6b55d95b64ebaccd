"""Values that are read, and the whole sentence for those that are not, by type."""

# ruff: noqa: DTZ001 - the cells of a workbook carry no zone

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dataio.columns import (
    BooleanColumn,
    ChoiceColumn,
    DateColumn,
    DateTimeColumn,
    DecimalColumn,
    DurationColumn,
    EmailColumn,
    FloatColumn,
    IntegerColumn,
    JsonColumn,
    TextColumn,
    TimeColumn,
    UrlColumn,
    UuidColumn,
)

TEXT = TextColumn("x", max_length=20)
PRICE = DecimalColumn("x", max_digits=6, decimal_places=2, minimum=Decimal(0))
COUNT = IntegerColumn("x", minimum=0, maximum=100)
DATE, MOMENT, TIME, SPAN = (
    DateColumn("x"),
    DateTimeColumn("x"),
    TimeColumn("x"),
    DurationColumn("x"),
)
YES_NO = BooleanColumn("x", true_words=["jawohl"])
STATUS = ChoiceColumn(
    "x", choices=[("new", "New"), ("paid", "Paid"), ("a", "Up"), ("A", "Down")]
)
SIZE = ChoiceColumn("x", choices=[(1, "Small"), (2, "Big")])
UUID = "3f2b8c1e-4d5a-4b6c-8d7e-9f0a1b2c3d4e"
BERLIN = {"zone": "Europe/Berlin"}
UTC = dt.UTC


@pytest.mark.parametrize(
    ("column", "cell", "expected", "options"),
    [
        (TEXT, "007", "007", {}),
        (TEXT, "=SUM(A1)", "=SUM(A1)", {}),
        (TEXT, "  two  words ", "  two  words ", {}),
        (TEXT, "12345678901234567890", "12345678901234567890", {}),
        (TEXT, 5, "5", {}),
        (TEXT, 5.0, "5", {}),
        (TEXT, 0.1, "0.1", {}),
        (TEXT, 1e-7, "0.0000001", {}),
        (TEXT, 123456789012345.0, "123456789012345", {}),
        (TEXT, True, "TRUE", {}),
        (TEXT, dt.date(2024, 3, 1), "2024-03-01", {}),
        (TEXT, dt.time(14, 30), "14:30:00", {}),
        (EmailColumn("x"), " An.Na@Example.com ", "An.Na@Example.com", {}),
        (
            UrlColumn("x"),
            "http://localhost:8000/a?b=1",
            "http://localhost:8000/a?b=1",
            {},
        ),
        (UuidColumn("x"), f" {{{UUID.upper().replace('-', '')}}} ", UUID, {}),
        (JsonColumn("x"), ' {"a":[1,2.50]} ', '{"a": [1, 2.5]}', {}),
        (JsonColumn("x"), 5, "5", {}),
        (COUNT, "007", 7, {}),
        (COUNT, 5.0, 5, {}),
        (COUNT, "5.00", 5, {}),
        (COUNT, "\u00a05\u202f", 5, {}),
        (IntegerColumn("x"), "9223372036854775807", 2**63 - 1, {}),
        (IntegerColumn("x"), "-9223372036854775808", -(2**63), {}),
        (IntegerColumn("x"), "1.234.567", 1234567, {"decimal": ","}),
        (PRICE, "12.50", Decimal("12.50"), {}),
        (PRICE, "+.5", Decimal("0.50"), {}),
        (PRICE, 0.1 + 0.2, Decimal("0.30"), {}),
        (PRICE, 9999.99, Decimal("9999.99"), {}),
        (PRICE, "1.234,50", Decimal("1234.50"), {"decimal": ","}),
        (PRICE, "1 234,50", Decimal("1234.50"), {"decimal": ","}),
        (PRICE, "12,5", Decimal("12.50"), {"decimal": ","}),
        (PRICE, "1,234.50", Decimal("1234.50"), {"decimal": "."}),
        (FloatColumn("x"), "1.5e3", 1500.0, {}),
        (FloatColumn("x"), "\u22120.25", -0.25, {}),
        (YES_NO, "Yes", True, {}),
        (YES_NO, " CÓ ", True, {}),
        (YES_NO, "kho\u0302ng", False, {}),
        (YES_NO, "Jawohl", True, {}),
        (YES_NO, 0.0, False, {}),
        (DATE, "2024-2-29", dt.date(2024, 2, 29), {}),
        (DATE, "25/12/2024", dt.date(2024, 12, 25), {}),
        (DATE, "04.04.2024", dt.date(2024, 4, 4), {}),
        (DATE, "03/04/2024", dt.date(2024, 4, 3), {"date_order": "DMY"}),
        (DATE, "03/04/2024", dt.date(2024, 3, 4), {"date_order": "MDY"}),
        (DATE, dt.datetime(2024, 3, 1), dt.date(2024, 3, 1), {}),
        (DATE, dt.date.max, dt.date.max, {}),
        (DATE, dt.date.min, dt.date.min, {}),
        (
            MOMENT,
            dt.date(2024, 1, 1),
            dt.datetime(2023, 12, 31, 23, tzinfo=UTC),
            BERLIN,
        ),
        (
            MOMENT,
            "2024-07-01 14:30",
            dt.datetime(2024, 7, 1, 12, 30, tzinfo=UTC),
            BERLIN,
        ),
        (
            MOMENT,
            "2024-07-01T14:30:00.5Z",
            dt.datetime(2024, 7, 1, 14, 30, 0, 500000, UTC),
            BERLIN,
        ),
        (
            MOMENT,
            "2024-10-27 02:30+02:00",
            dt.datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
            BERLIN,
        ),
        (
            MOMENT,
            dt.datetime(9999, 12, 31),
            dt.datetime(9999, 12, 30, 23, tzinfo=UTC),
            BERLIN,
        ),
        (TIME, "2:30 pm", dt.time(14, 30), {}),
        (TIME, "12:05 AM", dt.time(0, 5), {}),
        (TIME, dt.timedelta(hours=5), dt.time(5), {}),
        (SPAN, "26:30:00", dt.timedelta(hours=26, minutes=30), {}),
        (SPAN, "1 day, 2:03:04", dt.timedelta(1, 7384), {}),
        (SPAN, dt.time(1, 30), dt.timedelta(minutes=90), {}),
        (STATUS, " PAID ", "paid", {}),
        (STATUS, "a", "a", {}),
        (STATUS, "down", "A", {}),
        (SIZE, "big", 2, {}),
        (SIZE, 1.0, 1, {}),
    ],
)
def test_it_reads(value, column, cell, expected, options):
    assert value(column, cell, **options) == expected


@pytest.mark.parametrize(
    ("column", "cell", "code", "sentence", "options"),
    [
        (
            TEXT,
            "x" * 21,
            "too_long",
            f'"{"x" * 21}" is too long. At most 20 characters are allowed.',
            {},
        ),
        (
            TEXT,
            1234567890123456.0,
            "too_many_digits",
            '"1234567890123456.0" has more digits than Excel keeps in a number. Format the cell as text and type the value again.',
            {},
        ),
        (
            EmailColumn("x"),
            "anna@",
            "not_an_email",
            '"anna@" is not an e-mail address. Write it like name@example.com.',
            {},
        ),
        (
            UrlColumn("x"),
            "example.com",
            "not_a_url",
            '"example.com" is not a web address. Write it like https://example.com/page.',
            {},
        ),
        (
            UuidColumn("x"),
            "12",
            "not_a_uuid",
            f'"12" is not a UUID. Write it like {UUID}.',
            {},
        ),
        (
            JsonColumn("x"),
            "NaN",
            "not_json",
            '"NaN" is not JSON. Write it like {"size": 3}, and text in quotes.',
            {},
        ),
        (
            JsonColumn("x"),
            r'"\u0000"',
            "not_json",
            r'""\u0000"" is not JSON. Write it like {"size": 3}, and text in quotes.',
            {},
        ),
        (
            COUNT,
            5.5,
            "not_whole",
            '"5.5" is not a whole number. Write it without decimals, like 12.',
            {},
        ),
        (
            COUNT,
            101,
            "out_of_range",
            '"101" is out of range. From 0 to 100 is allowed.',
            {},
        ),
        (
            COUNT,
            "9" * 30,
            "out_of_range",
            f'"{"9" * 30}" is out of range. From 0 to 100 is allowed.',
            {},
        ),
        (COUNT, True, "not_a_number", '"TRUE" is not a number. Write it like 12.', {}),
        (
            PRICE,
            "12,5o",
            "not_a_number",
            '"12,5o" is not a number. Write it like 12.50.',
            {},
        ),
        (
            PRICE,
            "12,5",
            "not_a_number",
            '"12,5" has separators that can mean different things. Write it like 12.50, or choose the decimal sign on the mapping page.',
            {},
        ),
        (
            PRICE,
            "12.5",
            "not_a_number",
            '"12.5" is not a number with the decimal sign that was chosen. Write it like 12,50.',
            {"decimal": ","},
        ),
        (
            PRICE,
            "1,23,4",
            "not_a_number",
            '"1,23,4" is not a number with the decimal sign that was chosen. Write it like 12.50.',
            {"decimal": "."},
        ),
        (
            PRICE,
            "1234.567",
            "too_many_digits",
            '"1234.567" has too many digits. At most 4 before the decimal sign and 2 after it are allowed.',
            {},
        ),
        (
            PRICE,
            "-0.01",
            "out_of_range",
            '"-0.01" is out of range. 0 or more is allowed.',
            {},
        ),
        (FloatColumn("x"), "1e999", "out_of_range", '"1e999" is out of range.', {}),
        (
            YES_NO,
            "maybe",
            "not_yes_no",
            '"maybe" is not yes or no. Write yes or no.',
            {},
        ),
        (YES_NO, 2, "not_yes_no", '"2" is not yes or no. Write yes or no.', {}),
        (
            DATE,
            "03/04/2024",
            "ambiguous_date",
            '"03/04/2024" can mean 3 April 2024 or 4 March 2024. Choose the order of day and month on the mapping page, or write it like 2024-12-31.',
            {},
        ),
        (
            DATE,
            "12/25/2024",
            "not_a_date",
            '"12/25/2024" is not a date. Write it like 2024-12-31.',
            {"date_order": "DMY"},
        ),
        (
            DATE,
            "25/12/24",
            "not_a_date",
            '"25/12/24" has a year of two digits. Write all four, like 2024-12-31.',
            {},
        ),
        (
            DATE,
            "2023-02-29",
            "not_a_date",
            '"2023-02-29" is not a date. Write it like 2024-12-31.',
            {},
        ),
        (
            DATE,
            45292,
            "not_a_date",
            '"45292" is a number, not a date. Format the cell as a date in Excel, or write it like 2024-12-31.',
            {},
        ),
        (
            DATE,
            dt.datetime(2024, 3, 1, 9),
            "not_a_date",
            '"2024-03-01 09:00:00" has a time. Only a day is allowed here, like 2024-12-31.',
            {},
        ),
        (
            MOMENT,
            dt.datetime(2024, 3, 31, 2, 30),
            "not_a_date",
            '"2024-03-31 02:30:00" did not exist in Europe/Berlin, because the clocks were set forward. Write another time.',
            BERLIN,
        ),
        (
            MOMENT,
            "2024-10-27 02:30",
            "ambiguous_date",
            '"2024-10-27 02:30" came twice in Europe/Berlin, because the clocks were set back. Write it with its distance from UTC, like 2024-12-31 14:30+01:00.',
            BERLIN,
        ),
        (
            TIME,
            "24:00",
            "not_a_time",
            '"24:00" is not a time of day. Write it like 14:30.',
            {},
        ),
        (
            SPAN,
            "1:30",
            "not_a_duration",
            '"1:30" is not a duration. Write hours, minutes and seconds, like 26:30:00.',
            {},
        ),
        (
            STATUS,
            "Payed",
            "not_a_choice",
            '"Payed" is not one of the choices: New, Paid, Up, Down. Did you mean "Paid"?',
            {},
        ),
    ],
)
def test_it_says_what_is_allowed(problem, column, cell, code, sentence, options):
    assert problem(column, cell, **options) == (code, sentence)


def test_a_word_cannot_mean_both_yes_and_no():
    with pytest.raises(
        ValueError, match="these words mean both yes and no: \\['yes'\\]"
    ):
        BooleanColumn("x", false_words=["YES"])


def test_it_lists_only_the_first_of_many_choices(problem):
    column = ChoiceColumn("x", choices=[(f"v{n}", f"Name {n}") for n in range(40)])
    sentence = problem(column, "zzz")[1]
    assert sentence.endswith("Name 10, Name 11 and 28 more.")
