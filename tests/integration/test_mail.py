"""Mails through a real mail server: what arrives, how often, and what is said when none does."""

from __future__ import annotations

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from dataio.jobs import files, lifecycle, mailing, rescue
from dataio.models import Job, JobKind, JobState, Mail, SavedReport, Schedule
from project import embedded_redis

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"\xef\xbb\xbfTh\xc3\xa1ng;Doanh s\xe1\xbb\x91\r\n11;12,50\n"
NAME = "Doanh số 2026-11.csv"


class Server:
    """A mail server that answers DATA with what `answers` holds, then takes everything."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.recipient_answers: list[str] = []
        self.taken: list[EmailMessage] = []
        self.asked = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd asks for this name
        self, server, session, envelope, address, options
    ):
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken.append(parsed)
        return "250 OK"


@pytest.fixture
def server(settings):
    found = Server()
    port = embedded_redis.free_port()
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.DATAIO_SITE_URL = "https://data.example.com/"
    yield found
    controller.stop()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.com")


@pytest.fixture
def schedule(alice) -> Schedule:
    report = SavedReport.objects.create(
        name="Doanh số", owner=alice, resource="shop.product"
    )
    return Schedule.objects.create(
        report=report,
        owner=alice,
        every="month",
        day=31,
        at="07:00",
        time_zone="Asia/Ho_Chi_Minh",
        recipients=["bob@example.com"],
    )


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """Mails that were given to the broker."""
    found: list[int] = []
    monkeypatch.setattr("dataio.jobs.queue.send_mail", found.append)
    return found


def run(schedule: Schedule, **changes) -> Job:
    """End a run of the schedule as the runner ends it."""
    job = Job.objects.create(
        owner=schedule.owner,
        report=schedule.report,
        schedule=schedule,
        kind=JobKind.EXPORT,
        state=JobState.RUNNING,
        file_name=NAME,
    )
    path = files.export_path(job)
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    facts = {"rows": 1, "file_size": len(CONTENT)} | changes
    lifecycle.end(job.pk, (JobState.RUNNING,), JobState.DONE, **facts)
    job.refresh_from_db()
    return job


def parts(message: EmailMessage) -> tuple[str, str]:
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    return text.get_content(), page.get_content()


def test_the_recipients_of_a_schedule_get_the_very_file(server, schedule, sent):
    job = run(schedule)
    mail = job.mails.get()
    assert sent == [mail.pk]
    assert mailing.send(mail.pk) is None
    (message,) = server.taken
    assert message["To"] == "bob@example.com"
    assert message["Subject"] == "Doanh số"
    assert message["Reply-To"] == "alice@example.com"
    assert message["Message-ID"] == f"<{job.pk}.report.{mail.pk}@data.example.com>"
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == NAME
    assert attached.get_content() == CONTENT
    for body in parts(message):
        assert f"https://data.example.com/jobs/{job.pk}/file/" in body
        assert "1 row, written" in body
        assert "on the last day of every month at 07:00 (Asia/Ho_Chi_Minh)" in body
    mail.refresh_from_db()
    assert (mail.state, mail.error, mail.attempts) == ("sent", "", 1)
    assert mail.sent_at is not None


def test_a_large_file_is_not_attached(server, schedule, settings):
    settings.DATAIO_MAX_ATTACHMENT_BYTES = len(CONTENT) - 1
    mailing.send(run(schedule).mails.get().pk)
    (message,) = server.taken
    assert list(message.iter_attachments()) == []
    assert "too large for a mail. Download it until" in parts(message)[0]


def test_only_the_link_when_that_was_chosen(server, schedule):
    schedule.attach = False
    schedule.save()
    mailing.send(run(schedule).mails.get().pk)
    (message,) = server.taken
    assert list(message.iter_attachments()) == []
    assert "too large" not in parts(message)[0]


def test_refused_twice_then_taken_it_arrives_once(server, schedule, settings):
    settings.DATAIO_MAIL_RETRY_SECONDS = (10, 60, 300)
    server.answers = ["451 Try later", "452 Full"]
    mail = run(schedule).mails.get()
    assert mailing.send(mail.pk) == 10
    assert mailing.send(mail.pk) is None  # before its time: nothing is done
    assert server.asked == 1
    for pause in (60, None):
        Mail.objects.update(due_at=timezone.now())
        assert mailing.send(mail.pk) == pause
    for _again in range(3):  # delivered again by the broker
        assert mailing.send(mail.pk) is None
    assert (server.asked, len(server.taken)) == (3, 1)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == ("sent", 3, "")


def test_of_several_workers_with_the_same_mail_one_sends_it(server, schedule):
    mail = run(schedule).mails.get()

    def work(_number: int) -> None:
        mailing.send(mail.pk)
        connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    assert (server.asked, len(server.taken)) == (1, 1)


def test_a_second_end_of_the_job_makes_no_second_mail(server, schedule):
    job = run(schedule)
    lifecycle.end(job.pk, (JobState.RUNNING,), JobState.DONE)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    lifecycle.end(job.pk, (JobState.RUNNING,), JobState.DONE)
    assert Mail.objects.count() == 1


def test_a_server_that_is_away_is_asked_again_and_then_given_up(
    server, schedule, settings
):
    settings.EMAIL_PORT = 1
    settings.DATAIO_MAIL_RETRY_SECONDS = (10, 60)
    Schedule.objects.update(digest="abc")
    mail = run(schedule, file_hash="def").mails.get()
    for pause in (10, 60, None):
        Mail.objects.update(due_at=timezone.now())
        assert mailing.send(mail.pk) == pause
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("failed", 3)
    assert mail.error == "The mail server does not answer."
    schedule.refresh_from_db()
    assert schedule.digest == ""  # the next file is mailed though it may be the same


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("answers", "554 Spam", "The mail server refuses the mail: Spam"),
        (
            "recipient_answers",
            "550 No such user",
            "The mail server refuses the address: No such user",
        ),
    ],
)
def test_a_refusal_for_good_is_not_tried_again(server, schedule, where, answer, error):
    setattr(server, where, [answer])
    mail = run(schedule).mails.get()
    assert mailing.send(mail.pk) is None
    mail.refresh_from_db()
    assert (mail.state, mail.error) == ("failed", error)
    assert server.taken == []


def test_a_mail_whose_worker_died_while_sending_is_not_sent_again(
    server, schedule, sent
):
    mail = run(schedule).mails.get()
    long_ago = timezone.now() - timedelta(hours=1)
    Mail.objects.update(state=Mail.State.SENDING, touched_at=long_ago)
    assert mailing.send(mail.pk) is None
    rescue.rescue_jobs()
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert "may have arrived or not" in mail.error
    assert (server.asked, sent) == (0, [mail.pk])


def test_the_broker_gets_a_mail_again_that_it_lost(schedule, sent):
    mail = run(schedule).mails.get()
    sent.clear()
    Mail.objects.update(touched_at=timezone.now())
    mailing.drain()
    assert sent == []
    Mail.objects.update(touched_at=timezone.now() - timedelta(minutes=5))
    mailing.drain()
    assert sent == [mail.pk]
    Mail.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    mailing.drain()
    assert sent == [mail.pk]


def test_the_same_file_is_not_mailed_twice_when_only_news_is_wanted(schedule):
    first, second, third = (run(schedule, file_hash=text) for text in ("a", "a", "b"))
    assert [job.mails.count() for job in (first, second, third)] == [1, 0, 1]
    assert second.message == "Nothing changed since the last mail, so none was sent."
    assert first.message == third.message == ""


def ended(owner: User, kind: JobKind, state: JobState, seconds: int) -> Job:
    """A job that a person started, at its end."""
    job = Job.objects.create(
        owner=owner,
        kind=kind,
        state=JobState.RUNNING,
        resource="shop.product",
        file_name="products.xlsx",
        accepted_at=timezone.now() - timedelta(seconds=seconds),
    )
    lifecycle.end(job.pk, (JobState.RUNNING,), state, rows=3, created=3)
    return job


@pytest.mark.parametrize(
    ("kind", "state", "seconds", "subject"),
    [
        (JobKind.IMPORT, JobState.DONE, 61, "Products are imported"),
        (JobKind.IMPORT, JobState.FAILED, 61, "Import of products failed"),
        (JobKind.IMPORT, JobState.CANCELLED, 61, None),
        (JobKind.IMPORT, JobState.DONE, 50, None),
        (JobKind.EXPORT, JobState.DONE, 61, "products.xlsx is ready"),
        (JobKind.EXPORT, JobState.DONE, 50, None),
        (JobKind.UNDO, JobState.DONE, 61, None),
    ],
)
def test_the_owner_is_told_of_what_took_long(
    server, alice, kind, state, seconds, subject
):
    job = ended(alice, kind, state, seconds)
    for mail in job.mails.all():
        mailing.send(mail.pk)
    assert [one["Subject"] for one in server.taken] == ([subject] if subject else [])
    for message in server.taken:
        assert message["To"] == "alice@example.com"
        for body in parts(message):
            assert f"https://data.example.com/jobs/{job.pk}/" in body


def test_nobody_is_mailed_without_an_address(server):
    nobody = User.objects.create_user("nobody")
    assert not ended(nobody, JobKind.EXPORT, JobState.DONE, 61).mails.exists()


def test_values_are_text_in_the_page_of_a_mail(server, schedule):
    schedule.report.name = "<b>Sales</b> & more"
    schedule.report.save()
    mailing.send(run(schedule).mails.get().pk)
    _text, page = parts(server.taken[0])
    assert "<b>Sales</b>" not in page
    assert "&lt;b&gt;Sales&lt;/b&gt; &amp; more" in page
    assert server.taken[0]["Subject"] == "<b>Sales</b> & more"
