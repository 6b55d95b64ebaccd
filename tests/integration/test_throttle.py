"""How often one person may upload and start: by all processes together, said with 429."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import TooOften
from dataio.progress.store import connection
from dataio.web import throttle

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def counted(redis_url, settings, monkeypatch):
    """Counts in Redis, in a minute that lasts as long as the test."""
    settings.DATAIO_REDIS_URL = redis_url
    settings.DATAIO_UPLOADS_PER_MINUTE = 2
    settings.DATAIO_STARTS_PER_MINUTE = 1
    connection(redis_url).flushall()
    monkeypatch.setattr(throttle.time, "time", lambda: 1_800_000_018.0)
    yield
    connection(redis_url).close()


def upload(client, name="a.csv"):
    file = SimpleUploadedFile(name, b"SKU,Name\nA-1,Saw\n")
    return client.post("/imports/new/", {"file": file}, headers=JSON)


def test_the_third_upload_in_a_minute_is_refused_with_a_sentence(client, counted):
    client.force_login(User.objects.create_user("alice"))
    assert [upload(client).status_code for _ in range(3)] == [200, 200, 429]
    answer = upload(client)
    assert answer.json() == {
        "error": "You can upload 2 files in a minute. Try it again in 42 seconds."
    }
    assert answer["Retry-After"] == "42"
    client.force_login(User.objects.create_user("bob"))
    assert upload(client).status_code == 200


def test_without_a_script_it_is_a_page(client, counted):
    client.force_login(User.objects.create_user("alice"))
    answers = [client.post("/imports/new/") for _ in range(3)]
    assert [one.status_code for one in answers] == [302, 302, 429]
    assert "You can upload 2 files in a minute." in answers[-1].content.decode()


def test_the_second_start_in_a_minute_is_refused(client, counted):
    client.force_login(User.objects.create_user("alice"))
    chosen = {"export-sent": "1", "export-format": "csv", "export-columns": "sku"}
    answers = [client.post("/export/shop.product/", chosen) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 429]
    sentence = "You can start 1 job in a minute. Try it again in 42 seconds."
    assert sentence in answers[-1].content.decode()


def test_processes_count_together_and_the_next_minute_begins_anew(
    counted, redis_url, monkeypatch
):
    alice = User.objects.create_user("alice")
    throttle.count_upload(alice)
    # What another process has counted.
    (key,) = connection(redis_url).keys("dataio:pace:uploads:*")
    connection(redis_url).incr(key)
    with pytest.raises(TooOften):
        throttle.count_upload(alice)
    monkeypatch.setattr(throttle.time, "time", lambda: 1_800_000_078.0)
    throttle.count_upload(alice)
    assert 0 < connection(redis_url).ttl(key) <= 120


@pytest.mark.parametrize("most", [0, 1])
def test_no_limit_and_no_redis_let_everybody_through(settings, most):
    settings.DATAIO_UPLOADS_PER_MINUTE = most
    alice = User.objects.create_user("alice")
    for _ in range(5):
        throttle.count_upload(alice)
