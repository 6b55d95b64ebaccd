"""Whose job is next, and how many a person may have at one time."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dataio.errors import TooManyJobs
from dataio.jobs import lifecycle, runner, turns
from dataio.models import Job, JobKind, JobState

pytestmark = pytest.mark.django_db

PLAN = {"resource": "shop.product", "columns": ["sku"]}


@pytest.fixture(autouse=True)
def limit(settings) -> None:
    settings.DATAIO_MAX_JOBS_PER_PERSON = 0


def job_of(name: str | None, **facts) -> Job:
    owner = name and User.objects.get_or_create(username=name)[0]
    facts = {"kind": JobKind.EXPORT, "resource": "shop.product", "plan": PLAN, **facts}
    return Job.objects.create(owner=owner or None, **facts)


def waiting(names: str) -> list[Job]:
    """One job that waits for each letter, in that order."""
    jobs = [job_of(None if name == "-" else name) for name in names]
    for job in jobs:
        lifecycle.accept(job, JobState.DRAFT)
    return jobs


def served(tickets: list[Job], *, ends: bool) -> str:
    """Whose jobs are claimed with these tickets, one after the other."""
    order = ""
    for ticket in tickets:
        job = runner.claim_next(ticket.pk)
        assert job is not None
        order += job.owner.username if job.owner else "-"
        if ends:
            lifecycle.end(job.pk, (JobState.RUNNING,), JobState.DONE)
    return order


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("aaaa", "aaaa"),
        ("aaab", "abaa"),
        ("aaabbc", "abcaba"),
        ("aaa-b", "a-baa"),
        ("abababcc", "abcabcab"),
    ],
)
def test_people_take_turns(asked: str, order: str, ends: bool):
    assert served(waiting(asked), ends=ends) == order


def test_a_person_who_was_served_long_ago_comes_before_one_just_served():
    now = timezone.now()
    job_of("a", state=JobState.DONE, beat_at=now - timedelta(seconds=5))
    job_of("b", state=JobState.DONE, beat_at=now - timedelta(hours=5))
    assert served(waiting("ab"), ends=True) == "ba"


def test_every_job_is_claimed_once_and_a_ticket_too_many_claims_none():
    jobs = waiting("aabbc")
    claimed = [runner.claim_next(ticket.pk) for ticket in [*jobs, *jobs]]
    assert {job.pk for job in claimed[:5] if job} == {job.pk for job in jobs}
    assert claimed[5:] == [None] * 5


def test_a_job_that_is_tried_again_comes_with_its_own_ticket_only():
    first, second = waiting("ab")
    taken = runner.claim_next(first.pk)
    assert taken == first
    lifecycle.give_back(taken.pk, taken.attempt, retried=True)
    assert runner.claim_next(second.pk) == second
    assert runner.claim_next(second.pk) is None
    assert runner.claim_next(first.pk) == first


def test_a_ticket_is_not_lost_when_somebody_takes_a_job_at_the_same_moment(monkeypatch):
    first, second = waiting("ab")
    looked = turns._people

    def slow(jobs):
        """Between the look at who waits and the look at their jobs another one is quicker."""
        people = looked(jobs)
        lifecycle.claim(first.pk)
        return people

    monkeypatch.setattr(turns, "_people", slow)
    assert runner.claim_next(first.pk) == second


def test_what_a_terminal_runs_itself_is_not_taken_from_it():
    job = job_of(None)
    lifecycle.accept(job, JobState.DRAFT, send=False)
    assert runner.claim_next(uuid4()) is None
    assert lifecycle.claim(job.pk) == job


def test_the_place_is_how_many_come_before():
    jobs = waiting("aaabbc")
    order = []
    places = {job.pk: turns.place(job) for job in jobs}
    for ticket in jobs:
        order.append(runner.claim_next(ticket.pk))
    for number, job in enumerate(order):
        assert job is not None
        # People who were never served are equal: a job or two may be on either side.
        assert abs(places[job.pk] - number) <= 2
    assert places[jobs[0].pk] == 0


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING])
def test_a_person_may_have_so_many_jobs_at_one_time(settings, state: JobState):
    settings.DATAIO_MAX_JOBS_PER_PERSON = 2
    job_of("a", state=state), job_of("a", state=state), job_of("a", state="done")
    with pytest.raises(TooManyJobs, match="2 jobs of yours wait or run"):
        waiting("a")
    waiting("bb")  # nobody else is held back
    Job.objects.filter(state=state, owner__username="a").first().delete()
    waiting("-a")


def test_the_export_page_says_so(settings, client: Client):
    settings.DATAIO_MAX_JOBS_PER_PERSON = 1
    root = User.objects.create_superuser("root")
    client.force_login(root)
    fields = {"export-sent": "1", "export-columns": ["sku"], "export-format": "csv"}
    answers = [client.post("/export/shop.product/", fields) for _number in range(2)]
    assert [answer.status_code for answer in answers] == [302, 429]
    assert "1 job of yours waits or runs" in answers[1].content.decode()
    assert Job.objects.filter(owner=root).count() == 1
