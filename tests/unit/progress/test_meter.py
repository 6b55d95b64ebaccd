"""The meter: counts by phase, told now and then."""

from __future__ import annotations

import pytest

from dataio.errors import Cancelled
from dataio.progress.meter import Meter


def test_it_counts_alternating_phases_apart():
    told = []
    meter = Meter(told.append, seconds=0)
    meter.begin("reading", 20)
    meter.advance(10)
    meter.begin("checking", 20)
    meter.advance(10)
    meter.begin("reading")
    meter.advance(10)
    seen = [(reading.phase, reading.current, reading.total) for reading in told]
    assert seen == [
        ("reading", 0, 20),
        ("reading", 10, 20),
        ("checking", 0, 20),
        ("checking", 10, 20),
        ("reading", 10, 20),
        ("reading", 20, 20),
    ]


def test_it_is_quiet_between_two_readings_but_always_tells_the_last():
    told = []
    meter = Meter(told.append, seconds=3600)
    meter.begin("reading", 1000)
    for _row in range(1000):
        meter.advance(1)
    meter.count(failed=3)
    meter.end()
    assert [reading.current for reading in told] == [0, 1000]
    assert told[-1].final
    assert told[-1].counts == {"failed": 3}


def test_it_stops_the_work_when_asked_to():
    def stop() -> None:
        raise Cancelled

    meter = Meter(stop=stop)
    with pytest.raises(Cancelled):
        meter.begin("reading", 10)
