"""The log: no addresses of people, no values, no passwords; with the request's id."""

from __future__ import annotations

import ast
import io
import logging
from pathlib import Path

import pytest

from dataio.behalf import on_behalf
from dataio.logs import Masking, Places, masked
from project.logs import logging_at

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log():
    """A logger with the site's own filter and formatter; and what it wrote."""
    config = logging_at("INFO")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Masking())
    handler.setFormatter(Places(config["formatters"]["plain"]["format"]))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail to anna.nguyễn@example.com failed", "Mail to …@example.com failed"),
        ("<o'neill+x@mail.example.co.uk>", "<…@mail.example.co.uk>"),
        ("redis://:secret@cache:6379/0 is away", "redis://…@cache:6379/0 is away"),
        ("postgresql://bob:pa:ss@db/x", "postgresql://…@db/x"),
        (
            "Key (name, email)=(Anna (2), anna) already exists.",
            "Key (name, email)=(…) already exists.",
        ),
        (
            "Not Found: /export/shop.product/?name=Anna&x=1",
            "Not Found: /export/shop.product/?…",
        ),
        ("Job is done: 12 rows at 4 rows/s", "Job is done: 12 rows at 4 rows/s"),
        ("http://localhost:8000/jobs/", "http://localhost:8000/jobs/"),
    ],
)
def test_it_masks_what_is_personal_or_secret(text, expected):
    assert masked(text) == expected


def test_a_line_has_the_id_of_its_request(log):
    logger, written = log
    with on_behalf(request_id="0123456789abcdef"):
        logger.info("Hello %s", "bob@example.com")
    logger.info("Bye")
    assert written.getvalue().splitlines() == [
        "INFO test [0123456789ab]: Hello …@example.com",
        "INFO test [-]: Bye",
    ]


def test_an_error_is_told_by_its_kind_and_place_alone(log):
    logger, written = log
    try:
        try:
            int("12,5o")
        except ValueError as error:
            raise LookupError("row 7: 12,5o") from error
    except LookupError:
        logger.exception("A job failed", stack_info=True)
    text = written.getvalue()
    assert "12,5o" not in text
    assert "Traceback" not in text
    first, second, third = text.splitlines()
    assert first == "ERROR test [-]: A job failed"
    assert second.startswith("  LookupError at unit/test_logs.py:")
    assert third.startswith("  ValueError at unit/test_logs.py:")


def test_celerys_own_words_about_a_failed_task_hold_no_values(log):
    logger, written = log
    words = {"name": "dataio.tasks.run_job", "exc": "ValueError('12,5o')"}
    words["traceback"] = "Traceback ... 12,5o"
    logger.error("Task %(name)s raised: %(exc)s %(traceback)s", words)
    assert written.getvalue() == (
        "ERROR test [-]: Task dataio.tasks.run_job raised: an error \n"
    )


VALUES = {"value", "values", "cell", "cells", "row", "frame", "email", "recipient"}


@pytest.mark.parametrize("package", ["dataio", "project"])
def test_no_line_of_the_code_logs_a_value(package):
    """By the names of what each logger call is given; how many there are may be said."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and _is_logging(call)
        if any(isinstance(one, ast.Name) and one.id in VALUES for one in call.args)
    ]
    assert found == []


def _is_logging(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "logger"
    )
