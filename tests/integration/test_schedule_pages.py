"""The pages of schedules: what can be chosen, what is shown, and to whom."""

from __future__ import annotations

from datetime import time

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from dataio.exports.select import ExportPlan
from dataio.jobs import lifecycle, reports, runner, schedules
from dataio.models import Job, JobState, Mail, SavedReport, Schedule
from project.shop.models import Category

pytestmark = pytest.mark.django_db(transaction=True)
CHOSEN = {
    "schedule-every": "week",
    "schedule-weekday": "4",
    "schedule-day": "1",
    "schedule-at": "07:30",
    "schedule-time_zone": "Asia/Ho_Chi_Minh",
    "schedule-recipients": "bob@example.com, carla@example.com\nbob@example.com",
    "schedule-attach": "no",
    "schedule-only_if_changed": "on",
}


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    monkeypatch.setattr("dataio.jobs.queue.send_mail", lambda mail_id: None)
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.com")


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def report(alice) -> SavedReport:
    plan = ExportPlan(
        resource="shop.category", columns=("name",), filters={"name": "o"}
    )
    return reports.save(alice, "Categories <b>", plan, ["name"])


@pytest.fixture
def schedule(alice, report) -> Schedule:
    found = Schedule(
        report=report,
        owner=alice,
        every="day",
        at=time(7),
        time_zone="Europe/Berlin",
        recipients=["bob@example.com"],
    )
    schedules.save(found)
    return found


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_report_is_mailed_as_it_was_chosen(page, report, alice):
    text = text_of(page.get(f"/reports/{report.pk}/mail/"))
    assert "Mail Categories &lt;b&gt;" in text
    assert "alice@example.com</textarea>" in text
    answer = page.post(f"/reports/{report.pk}/mail/", CHOSEN | {"name": "Tool"})
    made = Schedule.objects.get()
    assert answer.url == f"/schedules/{made.pk}/"
    assert (made.owner, made.report) == (alice, report)
    assert (made.every, made.weekday, made.at) == ("week", 4, time(7, 30))
    assert made.time_zone == "Asia/Ho_Chi_Minh"
    assert made.recipients == ["bob@example.com", "carla@example.com"]
    assert (made.attach, made.only_if_changed) == (False, True)
    assert made.answers == {"name": ["Tool"]}
    assert made.periodic_task.enabled
    text = text_of(page.get(answer.url))
    assert "Every Friday at 07:30 (Asia/Ho_Chi_Minh)" in text
    assert "Only if something changed" in text
    assert made.next_at > timezone.now()


def test_changing_keeps_what_was_chosen(page, schedule):
    text = text_of(page.get(f"/schedules/{schedule.pk}/edit/"))
    assert 'value="07:00"' in text
    assert '<option value="Europe/Berlin" selected>' in text
    page.post(f"/schedules/{schedule.pk}/edit/", CHOSEN)
    schedule.refresh_from_db()
    assert (schedule.every, schedule.at) == ("week", time(7, 30))
    assert PeriodicTask.objects.filter(task="dataio.tasks.run_schedule").count() == 1


def test_answers_come_back_into_the_form(page, schedule):
    page.post(f"/schedules/{schedule.pk}/edit/", CHOSEN | {"name": "Tool & more"})
    text = text_of(page.get(f"/schedules/{schedule.pk}/edit/"))
    assert 'value="Tool &amp; more"' in text


def test_a_code_defined_report_asks_its_own_questions(page, alice):
    plan = ExportPlan(resource="", report="shop.sales", answers={"months": "3"})
    report = reports.save(alice, "Sales", plan)
    url = f"/reports/{report.pk}/mail/"
    assert 'name="months"' in text_of(page.get(url))
    answer = page.post(url, CHOSEN | {"months": "many"})
    assert answer.status_code == 422
    assert "Enter a whole number." in text_of(answer)
    page.post(url, CHOSEN | {"months": "6", "with_cancelled": "on"})
    made = Schedule.objects.get()
    assert made.answers == {"months": "6", "with_cancelled": "on"}
    assert 'value="6"' in text_of(page.get(f"/schedules/{made.pk}/edit/"))
    job = schedules.run_now(made)
    runner.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.mails.count()) == (JobState.DONE, 2)


def test_a_report_that_does_not_fit_any_more_can_still_be_scheduled(page, schedule):
    SavedReport.objects.update(plan={"resource": "shop.category", "columns": ["gone"]})
    assert page.get(f"/schedules/{schedule.pk}/edit/").status_code == 200
    SavedReport.objects.update(resource="shop.gone", plan={"resource": "shop.gone"})
    assert page.get(f"/schedules/{schedule.pk}/edit/").status_code == 200
    assert page.get(f"/schedules/{schedule.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"schedule-recipients": "bob@example.com carla@"},
            "&quot;carla@&quot; is not a mail address. Write it like anna@example.com.",
        ),
        ({"schedule-recipients": " "}, "Name at least one mail address."),
        (
            {"schedule-recipients": " ".join(f"p{n}@example.com" for n in range(51))},
            "These are 51 addresses. At most 50 are allowed.",
        ),
        ({"schedule-at": "7 o'clock"}, "Write the time like 07:00."),
        ({"schedule-at": ""}, "Say at what time, such as 07:00."),
        ({"schedule-time_zone": "Mars/Base"}, "Mars/Base is not one of the available"),
    ],
)
def test_it_names_what_cannot_be_used(page, report, changes, sentence):
    answer = page.post(f"/reports/{report.pk}/mail/", CHOSEN | changes)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Schedule.objects.exists()


def test_pausing_resuming_and_deleting(page, schedule):
    url = f"/schedules/{schedule.pk}/"
    page.post(url, {"action": "pause"})
    assert "Paused. It runs no more until you resume it." in text_of(page.get(url))
    assert "Paused" in text_of(page.get("/schedules/"))
    page.post(url, {"action": "resume"})
    schedule.refresh_from_db()
    assert not schedule.paused
    assert "Next: " in text_of(page.get("/schedules/"))
    page.post(url, {"action": "delete"})
    assert not Schedule.objects.exists()
    assert not PeriodicTask.objects.filter(task="dataio.tasks.run_schedule").exists()
    assert "Nothing is mailed by itself yet" in text_of(page.get("/schedules/"))


def test_running_now_goes_to_the_job_and_is_listed_with_what_became_of_it(
    page, schedule
):
    Category.objects.create(name="Tools")
    schedule.only_if_changed = True
    schedules.save(schedule)
    url = f"/schedules/{schedule.pk}/"
    answer = page.post(url, {"action": "run"})
    job = schedule.jobs.get()
    assert answer.url == f"/jobs/{job.pk}/"
    runner.run_job(job.pk)
    assert "Mails are on their way" in text_of(page.get(url))
    Mail.objects.update(state=Mail.State.SENT, sent_at=timezone.now())
    assert "Mailed to 1 person" in text_of(page.get("/schedules/"))
    Schedule.objects.update(next_at=timezone.now())
    runner.run_job(schedules.run_if_due(schedule.pk).pk)
    text = text_of(page.get(url))
    assert "Nothing changed" in text
    Mail.objects.update(state=Mail.State.FAILED, error="The mail server is on strike.")
    text = text_of(page.get(url))
    assert "1 of 1 mails were not sent" in text
    assert "bob@example.com: The mail server is on strike." in text
    assert "not sent: The mail server is on strike." in text_of(page.get(answer.url))


def test_a_failed_run_says_why(page, schedule):
    job = schedules.run_now(schedule)
    lifecycle.end(job.pk, (JobState.WAITING,), JobState.FAILED, message="No disk left.")
    for url in (f"/schedules/{schedule.pk}/", "/schedules/"):
        assert "No disk left." in text_of(page.get(url))


@pytest.mark.parametrize("path", ["", "edit/"])
def test_strangers_find_nothing(client, schedule, path):
    client.force_login(User.objects.create_user("charlie"))
    url = f"/schedules/{schedule.pk}/{path}"
    assert client.get(url).status_code == 404
    assert client.post(url, {"action": "delete"} | CHOSEN).status_code == 404
    assert Schedule.objects.get() == schedule
    assert "Categories" not in text_of(client.get("/schedules/"))
    assert client.get(f"/reports/{schedule.report.pk}/mail/").status_code == 404


def test_colleagues_who_share_the_report_have_schedules_of_their_own(
    client, schedule, report
):
    bob = User.objects.create_user("bob")
    group = Group.objects.create(name="Sales")
    bob.groups.add(group)
    report.groups.add(group)
    client.force_login(bob)
    assert client.get(f"/schedules/{schedule.pk}/").status_code == 404
    answer = client.post(f"/reports/{report.pk}/mail/", CHOSEN)
    assert Schedule.objects.exclude(pk=schedule.pk).get().owner == bob
    assert answer.status_code == 302


def test_visitors_are_asked_to_sign_in(client, schedule):
    for url in ("/schedules/", f"/schedules/{schedule.pk}/"):
        assert client.get(url).url == f"/login/?next={url}"
    assert Job.objects.count() == 0
