"""Filters of the export page."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from dataio.exports.filters import filterset
from dataio.resources import registry

pytestmark = pytest.mark.django_db


def test_a_filter_of_the_page_may_be_left_open():
    form = filterset(registry.get("shop.product"), QueryDict()).form
    choices = [str(words) for _value, words in form.fields["active"].choices]
    assert choices == ["Any", "Yes", "No"]
    assert 'value="yes" selected' not in str(form["active"])
