"""Sockets are for pages of this site alone, as forms are."""

from __future__ import annotations

import pytest

from dataio.web.origin import is_of_this_site


def scope(origin: str | None, host: str, forwarded: str = "") -> dict[str, object]:
    headers = [(b"Host", host.encode())]
    if origin is not None:
        headers.append((b"Origin", origin.encode()))
    if forwarded:
        headers.append((b"X-Forwarded-Host", forwarded.encode()))
    return {"headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("https://data.example.com", "data.example.com", True),
        ("https://data.example.com", "DATA.example.com:443", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        (None, "data.example.com", True),
        ("http://localhost:8001", "localhost:8000", False),
        ("https://data.example.com:8443", "data.example.com", False),
        ("https://other.example.com", "data.example.com", False),
        ("https://data.example.com.evil.example", "data.example.com", False),
        ("https://evil.example/data.example.com", "data.example.com", False),
        ("https://x:y@evil.example", "data.example.com", False),
        ("file://data.example.com", "data.example.com", False),
        ("https://data.example.com:port", "data.example.com", False),
        ("null", "data.example.com", False),
        ("", "data.example.com", False),
    ],
)
def test_the_page_is_of_the_host_and_port_that_are_asked(origin, host, expected):
    assert is_of_this_site(scope(origin, host)) is expected


def test_a_forwarded_host_counts_where_the_site_says_so(settings):
    asked = scope("https://data.example.com", "inner:8000", "data.example.com")
    assert not is_of_this_site(asked)
    settings.USE_X_FORWARDED_HOST = True
    assert is_of_this_site(asked)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://data.example.com", True),
        ("https://a.parts.example.com", True),
        ("http://data.example.com", False),
        ("https://parts.example.org", False),
    ],
)
def test_what_may_send_forms_may_open_sockets(settings, origin, expected):
    settings.CSRF_TRUSTED_ORIGINS = [
        "https://data.example.com",
        "https://*.parts.example.com",
    ]
    assert is_of_this_site(scope(origin, "inner:8000")) is expected
