"""The audit trail: what is noted, that nothing is ever changed, and who may read it."""

from __future__ import annotations

import csv
import datetime as dt
import io

import openpyxl
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from dataio.behalf import on_behalf
from dataio.errors import AppendOnly
from dataio.exports.select import ExportPlan
from dataio.imports.matching import propose_plan
from dataio.jobs import (
    audit,
    files,
    intake,
    lifecycle,
    reports,
    runner,
    sharing,
    undoing,
)
from dataio.models import AuditAction, AuditEntry, Job
from dataio.resources import registry
from project.shop.models import Category

pytestmark = pytest.mark.django_db
PRODUCTS = ExportPlan(resource="shop.product", format="csv")


@pytest.fixture(autouse=True)
def no_workers(monkeypatch):
    monkeypatch.setattr("dataio.jobs.queue.enqueue", lambda job_id: None)
    Category.objects.create(name="Tools")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def auditor() -> User:
    user = User.objects.create_user("Trần Thị Kiểm Toán")
    user.user_permissions.add(Permission.objects.get(codename="view_audit"))
    return user


def upload(owner: User) -> Job:
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Name", "Category", "Price", "Quantity", "Created"])
    book.active.append(["A-1", "Saw", "Tools", 1.5, 1, dt.date(2024, 2, 1)])
    stream = io.BytesIO()
    book.save(stream)
    file = SimpleUploadedFile("products.xlsx", stream.getvalue())
    return intake.receive_upload(owner, file)


def imported(owner: User) -> Job:
    job = upload(owner)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=True), send=False)
    run(job)
    lifecycle.accept_review(job)
    return run(job)


def run(job: Job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def trail() -> list[tuple[str, str, str, str]]:
    """Return who did what to what, the first first."""
    names = ("person_name", "action", "resource", "about")
    return list(AuditEntry.objects.order_by("id").values_list(*names))


def test_an_import_and_its_undo_are_told_from_upload_to_end(alice):
    job = imported(alice)
    run(undoing.ask_undo(alice, job))
    about = ("shop.product", "products.xlsx")
    assert trail() == [
        ("alice", "uploaded", "", "products.xlsx"),
        ("alice", "checked", *about),
        ("alice", "import_started", *about),
        ("alice", "imported", *about),
        ("alice", "undo_started", *about),
        ("alice", "undid", *about),
    ]
    loaded = AuditEntry.objects.get(action=AuditAction.IMPORTED)
    assert loaded.job == job.pk
    assert (loaded.details["rows"], loaded.details["created"]) == (1, 1)


def test_the_one_who_asked_is_named_not_the_owner(alice, client):
    """An administrator may load what somebody else had checked."""
    boss = User.objects.create_superuser("boss")
    job = upload(alice)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=True), send=False)
    run(job)
    client.force_login(boss)
    answer = client.post(f"/imports/{job.pk}/review/")
    run(job)
    last = AuditEntry.objects.filter(job=job.pk)[:2]
    assert [(one.person_name, one.action) for one in last] == [
        ("boss", "imported"),
        ("boss", "import_started"),
    ]
    assert {one.request_id for one in last} == {answer["X-Request-ID"]}


def test_an_export_and_each_download_of_it_are_told(alice, client):
    job = run(intake.create_export(alice, PRODUCTS, "mine.csv", send=False))
    client.force_login(alice)
    answer = client.get(f"/jobs/{job.pk}/download/")
    async_to_sync(taken)(answer)
    client.head(f"/jobs/{job.pk}/download/")  # takes nothing
    about = ("shop.product", "mine.csv")
    assert trail() == [
        ("alice", "export_started", *about),
        ("alice", "exported", *about),
        ("alice", "downloaded", *about),
    ]


async def taken(answer) -> bytes:
    return b"".join([piece async for piece in answer])


def test_who_stops_a_job_is_told(alice, client):
    job = upload(alice)
    client.force_login(alice)
    client.post(f"/jobs/{job.pk}/cancel/")
    assert trail()[-1] == ("alice", "cancelled", "", "products.xlsx")


def test_with_whom_a_report_is_shared_is_told(alice):
    group = Group.objects.create(name="Mua hàng")
    alice.groups.add(group)
    report = reports.save(alice, "Stock", PRODUCTS)
    sharing.share(report, alice, [group])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.about) == ("shared", "Stock")
    assert entry.details == {"kind": "report", "groups": ["Mua hàng"]}


def test_whoever_looks_for_the_job_of_another_is_told(alice, client):
    job = upload(alice)
    client.force_login(User.objects.create_user("charlie"))
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert trail()[-1] == ("charlie", "denied", "", f"/jobs/{job.pk}/")


def test_what_is_rolled_back_is_not_told(alice):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        intake.create_export(alice, PRODUCTS, "mine.csv", send=False)
        raise ZeroDivisionError
    assert trail() == []


def test_an_entry_is_neither_changed_nor_removed(alice):
    entry = audit.note(AuditAction.UPLOADED, person=alice, about="a.xlsx")
    entry.about = "b.xlsx"
    tries = [
        entry.save,
        entry.delete,
        lambda: AuditEntry.objects.update(about="b.xlsx"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry._base_manager.filter(pk=entry.pk).delete(),
        lambda: AuditEntry.objects.bulk_update([entry], ["about"]),
        lambda: AuditEntry.objects.update_or_create(
            pk=entry.pk, defaults={"about": "b.xlsx"}
        ),
    ]
    for change in tries:
        with pytest.raises(AppendOnly):
            change()
    alice.delete()
    kept = AuditEntry.objects.get()
    assert (kept.person_name, kept.about) == ("alice", "a.xlsx")


def test_only_auditors_may_read_it(alice, auditor, client):
    client.force_login(alice)
    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/file/").status_code == 403
    assert ">Audit<" not in client.get("/").content.decode()
    client.force_login(auditor)
    assert client.get("/audit/").status_code == 200
    assert ">Audit<" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["=1+1.xlsx", "b.csv", "a.xlsx"]),
        ("person=LIC", ["=1+1.xlsx", "a.xlsx"]),
        ("action=exported", ["b.csv"]),
        ("resource=shop.product", ["a.xlsx"]),
        ("text=B.C", ["b.csv"]),
        ("text=request-of-b&person=bob", ["b.csv"]),
        ("since=2100-01-01", []),
        ("until=2000-01-01", []),
        ("action=nonsense&since=x", ["=1+1.xlsx", "b.csv", "a.xlsx"]),
    ],
)
def test_it_is_narrowed_alike_on_the_page_and_in_the_file(
    alice, auditor, client, query, expected
):
    bob = User.objects.create_user("bob")
    audit.note(
        AuditAction.IMPORTED, person=alice, resource="shop.product", about="a.xlsx"
    )
    with on_behalf(request_id="request-of-bob"):
        audit.note(AuditAction.EXPORTED, person=bob, about="b.csv")
    audit.note(AuditAction.UPLOADED, person=alice, about="=1+1.xlsx")
    client.force_login(auditor)
    page = client.get(f"/audit/?{query}").context["shown"]
    assert [one.about for one in page] == expected
    text = async_to_sync(taken)(client.get(f"/audit/file/?{query}")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    # No spreadsheet takes a name for a formula.
    assert [
        row[5].removeprefix("'") for row in rows[1:] if row[1] in ("alice", "bob")
    ] == expected
    assert all(not row[5].startswith("=") for row in rows)


def test_the_day_is_the_day_of_the_site(alice, auditor, client):
    audit.note(AuditAction.UPLOADED, person=alice, about="a.xlsx")
    client.force_login(auditor)
    today = timezone.localdate().isoformat()
    page = client.get(f"/audit/?since={today}&until={today}").context["shown"]
    assert [one.about for one in page] == ["a.xlsx"]


def test_an_id_from_outside_counts_only_behind_a_named_proxy(client, settings):
    sent = {"x-request-id": "from-the-proxy-1"}
    assert client.get("/login/", headers=sent)["X-Request-ID"] != "from-the-proxy-1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/login/", headers=sent)["X-Request-ID"] == "from-the-proxy-1"
    bad = {"x-request-id": "bad id\twith signs"}
    assert len(client.get("/login/", headers=bad)["X-Request-ID"]) == 32
