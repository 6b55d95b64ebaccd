"""Percent, rate and time left."""

from __future__ import annotations

import pytest

from dataio.progress.estimate import Pace, PhaseProgress, estimate

WEIGHTS = {"reading": 40, "loading": 50, "finishing": 10}


def at(now: float, pace: Pace, **phases: tuple[int, int | None]):
    progress = {name: PhaseProgress(done=d, total=t) for name, (d, t) in phases.items()}
    return estimate(progress, WEIGHTS, pace, now)


@pytest.mark.parametrize(
    ("phases", "percent", "phase"),
    [
        ({}, 0, ""),
        ({"reading": (0, 100)}, 0, "reading"),
        ({"reading": (50, 100)}, 20, "reading"),
        ({"reading": (100, 100)}, 40, "reading"),
        ({"reading": (100, 100), "loading": (50, 100)}, 65, "loading"),
        ({"reading": (50, 100), "loading": (20, 100)}, 30, "reading"),
        ({"reading": (50, None)}, 0, "reading"),
        ({"reading": (150, 100), "loading": (0, 100)}, 40, "loading"),
    ],
)
def test_it_weighs_the_phases_and_shows_the_first_that_is_not_complete(
    phases, percent, phase
):
    seen = at(100.0, Pace(), **phases)
    assert (seen.percent, seen.phase) == (pytest.approx(percent), phase)


def test_it_never_goes_back_when_the_total_grows():
    first = at(100.0, Pace(), reading=(50, 100))
    second = at(101.0, first.pace, reading=(60, 1000))
    assert second.percent == first.percent


def test_it_stays_below_a_hundred_until_the_job_says_it_has_ended():
    seen = at(100.0, Pace(), reading=(9, 9), loading=(9, 9), finishing=(1, 1))
    assert seen.percent == 99.0


def test_it_says_no_time_left_in_the_first_second():
    pace = at(100.0, Pace(), reading=(0, 100)).pace
    assert at(100.9, pace, reading=(50, 100)).eta_seconds is None
    assert at(101.1, pace, reading=(50, 100)).eta_seconds is not None


def test_the_time_left_may_rise_when_work_slows_down():
    pace = at(100.0, Pace(), reading=(0, 1000)).pace
    fast = at(102.0, pace, reading=(500, 1000))
    slow = at(112.0, fast.pace, reading=(510, 1000))
    assert slow.eta_seconds > fast.eta_seconds


def test_it_measures_rows_per_second_within_a_phase():
    pace = at(100.0, Pace(), reading=(0, 1000)).pace
    assert at(102.0, pace, reading=(500, 1000)).rows_per_second == pytest.approx(250)
