"""Settings read from the environment."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from project.environment import Environment, kept_secret


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda env: env.flag("X", default=False), "true", True),
        (lambda env: env.flag("X", default=True), "0", False),
        (lambda env: env.flag("X", default=True), " ", True),
        (lambda env: env.whole("X", 7), "12", 12),
        (lambda env: env.whole("X", 7), "", 7),
        (lambda env: env.texts("X", []), "a.org, b.org ,", ["a.org", "b.org"]),
        (lambda env: env.origins("X"), "https://a.org", ["https://a.org"]),
        (lambda env: env.time_zone("X", "UTC"), "Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"),
        (lambda env: env.url("X", "", ("redis",)), "redis://h:1/0", "redis://h:1/0"),
        (lambda env: env.email("X", "")["EMAIL_PORT"], "smtp://u:p@h:26", 26),
        (
            lambda env: env.database("X", "")["NAME"],
            "postgresql://u:p@h:5/shop",
            "shop",
        ),
    ],
)
def test_it_reads_typed_values(
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[Environment], object],
    value: str,
    expected: object,
):
    monkeypatch.setenv("X", value)
    assert read(Environment()) == expected


@pytest.mark.parametrize(
    ("read", "value", "allowed"),
    [
        (lambda env: env.flag("X", default=False), "maybe", "true or false"),
        (lambda env: env.whole("X", 7, least=1), "0", "a whole number, 1 or more"),
        (lambda env: env.whole("X", 7, most=9), "10", "a whole number, from 0 to 9"),
        (lambda env: env.whole("X", 7), "1.5", "a whole number, 0 or more"),
        (
            lambda env: env.origins("X"),
            "a.org",
            "addresses such as https://data.example.com, with commas",
        ),
        (
            lambda env: env.time_zone("X", "UTC"),
            "Mars/Olympus",
            "the name of a time zone, such as UTC or Asia/Ho_Chi_Minh",
        ),
        (
            lambda env: env.url("X", "", ("redis", "rediss")),
            "http://h",
            "an address that starts with one of redis:, rediss:",
        ),
        (lambda env: env.one_of("X", "a", ("a", "b")), "c", "a, b"),
    ],
)
def test_it_names_variable_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
    read: Callable[[Environment], object],
    value: str,
    allowed: str,
):
    monkeypatch.setenv("X", value)
    with pytest.raises(SystemExit) as stopped:
        read(Environment())
    assert str(stopped.value) == (
        f'X is "{value}", which cannot be used. Allowed: {allowed}.'
    )


def test_it_keeps_a_secret_that_only_its_owner_can_read(tmp_path: Path):
    path = tmp_path / "var" / "secret_key"
    secret = kept_secret(path)
    assert len(secret) > 60
    assert kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
