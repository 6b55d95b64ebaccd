"""Snapshots in a real Redis: kept, numbered, few, and readable by celery-progress."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta

import pytest
import redis
from celery.result import AsyncResult
from celery_progress.backend import Progress
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.utils import timezone

from dataio.errors import WrongState
from dataio.jobs import broadcast, lifecycle
from dataio.models import Chunk, Job, JobKind, JobState, JobStep
from dataio.progress import channel, store
from dataio.progress.meter import Reading
from project.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(redis_url, settings):
    """Progress, results and channel layer on the embedded Redis server."""
    settings.DATAIO_REDIS_URL = redis_url
    old = app.conf.result_backend
    app.conf.result_backend = redis_url
    app._local.__dict__.pop("backend", None)
    client = redis.Redis.from_url(redis_url)
    yield client
    client.close()
    store.connection(redis_url).close()
    app.conf.result_backend = old
    app._local.__dict__.pop("backend", None)


@pytest.fixture
def job():
    owner = User.objects.create_user("alice")
    return Job.objects.create(
        pk=uuid.uuid4(), owner=owner, kind=JobKind.IMPORT, state=JobState.RUNNING
    )


def reading(phase, current, total=1000, **counts):
    return Reading(phase=phase, current=current, total=total, counts=counts)


def test_it_adds_up_what_several_processes_load(live, job):
    one, two = broadcast.reporter(job), broadcast.reporter(job)
    one(reading("reading", 1000))
    one(reading("checking", 1000))
    one(reading("loading", 300, created=300))
    two(reading("loading", 200, created=150, updated=50))
    one(reading("loading", 400, created=400))
    snapshot = broadcast.newest(job)
    assert (snapshot.phase, snapshot.current, snapshot.total) == ("loading", 600, 1000)
    assert snapshot.counts == {"created": 550, "updated": 50}


def test_numbers_rise_even_when_redis_forgets(live, job):
    tell = broadcast.reporter(job)
    tell(reading("reading", 10))
    first = broadcast.newest(job)
    live.flushall()
    time.sleep(0.002)
    tell(reading("reading", 20))
    assert broadcast.newest(job).seq > first.seq


def test_it_sends_at_most_five_messages_a_second_and_always_the_last(live, job):
    listener = live.pubsub()
    listener.subscribe(channel.redis_channel(channel.job_group(str(job.pk))))
    listener.get_message(timeout=1)
    tell = broadcast.reporter(job)
    for row in range(50):
        tell(reading("reading", row * 20))
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, rows=1000)
    job.refresh_from_db()
    broadcast.announce(job)
    messages = []
    while message := listener.get_message(timeout=0.2):
        messages.append(get_channel_layer().deserialize(message["data"]))
    listener.close()
    assert len(messages) <= 5
    assert messages[-1]["type"] == channel.HANDLER
    assert messages[-1]["snapshot"]["job_state"] == "done"
    assert messages[-1]["snapshot"]["percent"] == 100
    seqs = [message["snapshot"]["seq"] for message in messages]
    assert seqs == sorted(seqs)


def test_the_end_of_a_check_is_always_sent_and_loading_starts_its_bar_anew(live, job):
    Job.objects.filter(pk=job.pk).update(
        step=JobStep.CHECK, plan={"check_first": True}, staged=True
    )
    job.refresh_from_db()
    listener = live.pubsub()
    listener.subscribe(channel.redis_channel(channel.job_group(str(job.pk))))
    listener.get_message(timeout=1)
    tell = broadcast.reporter(job)
    for row in range(50):
        tell(reading("reading", 1000))
        tell(reading("checking", row * 20))
    Job.objects.filter(pk=job.pk).update(state=JobState.REVIEW, rows=1000)
    job.refresh_from_db()
    broadcast.announce(job)
    messages = []
    while message := listener.get_message(timeout=0.2):
        messages.append(get_channel_layer().deserialize(message["data"])["snapshot"])
    listener.close()
    last = messages[-1]
    assert len(messages) <= 5
    assert (last["job_state"], last["complete"], last["percent"]) == (
        "review",
        False,
        100,
    )
    assert last["description"] == "Checked: look at what will change"
    assert last["seq"] == max(message["seq"] for message in messages)
    assert [message["seq"] for message in messages].count(last["seq"]) == 1

    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, step=JobStep.LOAD, attempt=1
    )
    job.refresh_from_db()
    broadcast.start_over(job.pk)
    broadcast.reporter(job)(reading("loading", 0))
    assert (broadcast.newest(job).phase, broadcast.newest(job).percent) == (
        "loading",
        0,
    )


def test_a_worker_that_tells_late_is_not_heard_after_the_check(live, job):
    tell = broadcast.reporter(job)
    tell(reading("reading", 500))
    Job.objects.filter(pk=job.pk).update(state=JobState.REVIEW, rows=1000)
    broadcast.announce(Job.objects.get(pk=job.pk))
    before = store.newest(str(job.pk))
    tell(reading("comparing", 500))
    assert store.newest(str(job.pk)) == before
    assert before["job_state"] == "review"


def test_a_check_that_is_made_anew_counts_what_is_compared_from_nothing(live, job):
    Job.objects.filter(pk=job.pk).update(step=JobStep.CHECK)
    job.refresh_from_db()
    broadcast.reporter(job)(reading("comparing", 900))
    broadcast.start_over(job.pk)
    broadcast.reporter(job)(reading("comparing", 100))
    found = broadcast.newest(job)
    assert (found.phase, found.current) == ("comparing", 100)


def test_a_second_click_forgets_nothing_of_a_job_that_runs(live, job):
    tell = broadcast.reporter(job)
    tell(reading("reading", 1000))
    tell(reading("loading", 500))
    before = broadcast.newest(job).percent
    with pytest.raises(WrongState):
        lifecycle.accept_review(job)
    tell(reading("loading", 600))
    assert before > 0
    assert broadcast.newest(job).percent > before


def test_celery_progress_reads_a_running_job(live, job):
    broadcast.reporter(job)(reading("reading", 500))
    info = Progress(AsyncResult(str(job.pk), app=app)).get_info()
    assert info["complete"] is False
    assert info["progress"]["percent"] == 17.5
    assert info["progress"]["description"] == "Reading"


@pytest.mark.parametrize(
    ("state", "message", "success", "result"),
    [
        (JobState.DONE, "", True, "10 created, 0 updated, 0 unchanged"),
        (JobState.FAILED, "The file is damaged.", False, "The file is damaged."),
    ],
)
def test_celery_progress_reads_the_end_of_a_job(
    live, job, state, message, success, result
):
    changes = {"state": state, "message": message, "rows": 10, "created": 10}
    Job.objects.filter(pk=job.pk).update(**changes)
    job.refresh_from_db()
    broadcast.announce(job)
    info = Progress(AsyncResult(str(job.pk), app=app)).get_info()
    assert (info["complete"], info["success"]) == (True, success)
    assert info["result"] == result


def test_the_work_goes_on_when_redis_is_away(job, settings):
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    broadcast.reporter(job)(reading("reading", 500))
    assert broadcast.newest(job).state == "running"


def test_while_redis_is_away_the_ledger_says_how_far_a_job_is(live, job, settings):
    """As something older than what was told, so that no bar goes back."""
    before = timezone.now() - timedelta(minutes=1)
    moments = dict.fromkeys(("created_at", "accepted_at", "started_at"), before)
    Job.objects.filter(pk=job.pk).update(**moments, tries=1, staged=True)
    states = ["loaded", "loaded", "staged", "staged"]
    for number, state in enumerate(states):
        Chunk.objects.create(job=job, number=number, rows=250, state=state)
    job.refresh_from_db()
    tell = broadcast.reporter(job)
    for phase, current in [("reading", 1000), ("checking", 1000), ("loading", 700)]:
        tell(reading(phase, current))
    seen = broadcast.newest(job)
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    told = broadcast.newest(job)
    assert (told.state, told.phase, told.current) == ("running", "loading", 500)
    assert (told.total, told.percent) == (1000, 35 + 15 + 48 / 2)
    assert told.percent < seen.percent
    assert told.seq < seen.seq
    Chunk.objects.filter(job=job, number=2).update(state="loaded")
    later = broadcast.newest(job)
    assert (later.current, later.seq) == (750, told.seq + 1)
    job.state = JobState.WAITING  # its worker is gone
    assert broadcast.newest(job).percent == later.percent


def test_a_snapshot_is_plain_json(live, job):
    broadcast.reporter(job)(reading("reading", 500))
    wire = store.newest(str(job.pk))
    assert json.loads(json.dumps(wire)) == wire
