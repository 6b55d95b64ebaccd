"""`manage.py check` names settings that cannot work."""

from __future__ import annotations

import pytest

from dataio.checks import check_site_url


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "https://data.example.com/", "https://a.b/io"]
)
def test_it_takes_the_address_of_a_site(settings, address):
    settings.DATAIO_SITE_URL = address
    assert check_site_url(None) == []


@pytest.mark.parametrize(
    "address", ["", "data.example.com", "ftp://a.b", "https://", "https://a.b/?x=1"]
)
def test_it_names_an_address_that_no_link_can_begin_with(settings, address):
    settings.DATAIO_SITE_URL = address
    (error,) = check_site_url(None)
    assert error.id == "dataio.E001"
    assert f'DATAIO_SITE_URL is "{address}"' in error.msg
    assert "https://data.example.com" in error.hint
