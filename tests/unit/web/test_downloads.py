"""Files that are taken: who may, from which byte on, under which name, until when."""

from __future__ import annotations

import os
from datetime import timedelta
from urllib.parse import unquote

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.db import connections
from django.utils import timezone

from dataio.jobs import files, rescue
from dataio.models import Download, Job, JobKind, JobState, Mail, SavedReport
from dataio.web import sending

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = bytes(range(256)) * 4
NAME = "Doanh số tháng 11.xlsx"


@pytest.fixture(autouse=True)
async def no_connection_is_left():
    """Views run in a thread that has its own connection to the database."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.com")


@pytest.fixture
def bob() -> User:
    """Other staff."""
    return User.objects.create_user("bob", "Bob@example.com")


@pytest.fixture
def charlie() -> User:
    """No access."""
    return User.objects.create_user("charlie", "charlie@example.com")


@pytest.fixture
def report(alice: User) -> SavedReport:
    return SavedReport.objects.create(
        name="Sales",
        owner=alice,
        resource="shop.product",
        plan={"resource": "shop.product"},
    )


@pytest.fixture
def job(alice: User, report: SavedReport) -> Job:
    job = Job.objects.create(
        owner=alice,
        report=report,
        kind=JobKind.EXPORT,
        state=JobState.DONE,
        resource="shop.product",
        file_name=NAME,
        file_size=len(CONTENT),
        finished_at=timezone.now(),
    )
    path = files.export_path(job)
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return job


@pytest.fixture
def take(async_client, job: Job):
    """Ask for the file as somebody; return the answer and its bytes."""

    async def ask(who: User, method: str = "get", **headers: str):
        await async_client.aforce_login(who)
        url = f"/jobs/{job.pk}/download/"
        answer = await getattr(async_client, method)(url, headers=headers)
        if not answer.streaming:
            return answer, answer.content
        return answer, b"".join([piece async for piece in answer.streaming_content])

    return ask


async def test_it_gives_the_whole_file_under_its_own_name(take, alice):
    answer, body = await take(alice)
    assert (answer.status_code, body) == (200, CONTENT)
    assert answer["Content-Length"] == "1024"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    given = answer["Content-Disposition"].partition("filename*=utf-8''")[2]
    assert unquote(given) == NAME


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=1000-", 206, 1000, 1024),
        ("bytes=100-199", 206, 100, 200),
        ("bytes=1000-9999", 206, 1000, 1024),
        ("bytes=-24", 206, 1000, 1024),
        ("bytes=-9999", 206, 0, 1024),
        ("bytes=1024-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-3", 200, 0, 1024),
        ("bytes=0-1,5-9", 200, 0, 1024),
        ("bytes=-", 200, 0, 1024),
        ("rows=0-5", 200, 0, 1024),
    ],
)
async def test_it_gives_the_range_that_is_asked_for(
    take, alice, monkeypatch, asked, status, start, stop
):
    monkeypatch.setattr(sending, "PIECE_BYTES", 7)
    answer, body = await take(alice, range=asked)
    assert (answer.status_code, body) == (status, CONTENT[start:stop])
    told = {
        206: f"bytes {start}-{stop - 1}/1024",
        416: "bytes */1024",
        200: None,
    }
    assert answer.get("Content-Range") == told[status]
    if status != 416:
        assert answer["Content-Length"] == str(stop - start)


async def test_it_goes_on_only_with_the_very_same_file(take, alice, job):
    first, _ = await take(alice)
    for known in (first["ETag"], first["Last-Modified"]):
        answer, body = await take(alice, range="bytes=1000-", if_range=known)
        assert (answer.status_code, body) == (206, CONTENT[1000:])
    os.utime(files.export_path(job), (1, 1))
    for known in (first["ETag"], first["Last-Modified"], '"other"', "nonsense"):
        answer, body = await take(alice, range="bytes=1000-", if_range=known)
        assert (answer.status_code, body) == (200, CONTENT)


async def test_a_head_tells_the_size_and_counts_nothing(take, alice):
    answer, body = await take(alice, "head")
    assert (answer.status_code, body) == (200, b"")
    assert answer["Content-Length"] == "1024"
    assert await Download.objects.acount() == 0


async def test_it_notes_who_took_it_once_however_often_it_was_resumed(take, alice, job):
    for asked in ("bytes=0-499", "bytes=500-", "bytes=2000-"):
        await take(alice, range=asked)
    found = await Download.objects.select_related("person").aget()
    assert (found.job_id, found.person) == (job.pk, alice)


async def test_the_page_of_the_job_lists_who_took_it(
    take, alice, bob, report, job, async_client
):
    await sync_to_async(share)(report, bob)
    await take(bob)
    await take(alice)
    await async_client.aforce_login(alice)
    text = (await async_client.get(f"/jobs/{job.pk}/")).content.decode()
    assert "Downloaded 2 times" in text
    assert "<span>bob</span>" in text and "<span>alice</span>" in text


async def test_strangers_find_neither_the_file_nor_its_page(
    take, charlie, job, async_client
):
    answer, _ = await take(charlie)
    assert answer.status_code == 404
    assert (await async_client.get(f"/jobs/{job.pk}/file/")).status_code == 404


async def test_a_group_that_shares_the_report_may_take_the_file_and_no_more(
    take, bob, report, job, async_client
):
    await sync_to_async(share)(report, bob)
    answer, body = await take(bob)
    assert (answer.status_code, body) == (200, CONTENT)
    page = await async_client.get(f"/jobs/{job.pk}/file/")
    assert page.status_code == 200
    assert "kept until" in page.content.decode()
    assert (await async_client.get(f"/jobs/{job.pk}/")).status_code == 404


async def test_the_report_lists_files_of_others_for_those_it_is_shared_with(
    bob, report, job, async_client
):
    await sync_to_async(share)(report, bob)
    await async_client.aforce_login(bob)
    text = (await async_client.get(f"/reports/{report.pk}/")).content.decode()
    assert f"/jobs/{job.pk}/file/" in text
    assert f'"/jobs/{job.pk}/"' not in text
    await Job.objects.filter(pk=job.pk).aupdate(state=JobState.RUNNING)
    text = (await async_client.get(f"/reports/{report.pk}/")).content.decode()
    assert str(job.pk) not in text


async def test_who_was_mailed_may_take_the_file(take, bob, charlie, job):
    await Mail.objects.acreate(job=job, kind="report", recipient="bob@example.com")
    answer, _ = await take(bob)
    assert answer.status_code == 200
    answer, _ = await take(charlie)
    assert answer.status_code == 404


async def test_no_address_is_nobodys_address(take, job):
    nobody = await User.objects.acreate(username="nobody")
    await Mail.objects.acreate(job=job, kind="report", recipient="")
    answer, _ = await take(nobody)
    assert answer.status_code == 404


async def test_after_its_time_the_link_says_that_it_is_gone(
    take, alice, job, settings, async_client
):
    settings.DATAIO_KEEP_FILES_DAYS = 3
    late = timezone.now() - timedelta(days=3)
    await Job.objects.filter(pk=job.pk).aupdate(finished_at=late)
    answer, body = await take(alice)
    assert answer.status_code == 410
    assert "This file is not kept any more" in body.decode()
    page = (await async_client.get(f"/jobs/{job.pk}/")).content.decode()
    assert "The file was kept until" in page
    assert f"/jobs/{job.pk}/download/" not in page
    assert await Download.objects.acount() == 0


async def test_a_file_that_is_being_read_is_read_to_its_end(
    alice, job, settings, async_client, monkeypatch
):
    monkeypatch.setattr(sending, "PIECE_BYTES", 100)
    await async_client.aforce_login(alice)
    answer = await async_client.get(f"/jobs/{job.pk}/download/")
    pieces = aiter(answer.streaming_content)
    body = await anext(pieces)
    settings.DATAIO_KEEP_FILES_DAYS = 0
    await sync_to_async(rescue.remove_old_files)()
    assert not files.folder(job.pk).exists()
    body += b"".join([piece async for piece in pieces])
    assert body == CONTENT
    again = await async_client.get(f"/jobs/{job.pk}/download/")
    assert again.status_code == 410


def share(report: SavedReport, person: User) -> None:
    group = Group.objects.create(name="Sales")
    person.groups.add(group)
    report.groups.add(group)
