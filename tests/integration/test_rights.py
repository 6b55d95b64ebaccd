"""Rights of resources: permissions of Django, asked on pages and again when a job runs."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

import dataio
from dataio.checks import check_everybody_may
from dataio.errors import NotPermitted
from dataio.exports.permitted import permitted
from dataio.exports.select import ExportPlan
from dataio.imports.matching import propose_plan
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, intake, reports, runner, schedules, sharing, undoing
from dataio.models import AuditAction, AuditEntry, Job, JobState, Schedule
from dataio.resources import registry
from dataio.rights import Right
from project.shop.models import Category, Customer, Product

pytestmark = pytest.mark.django_db
PRODUCTS = ExportPlan(resource="shop.product", format="csv")


@pytest.fixture(autouse=True)
def strict(settings, monkeypatch):
    """As on a real site: nobody may do anything that they were not given."""
    settings.DATAIO_EVERYBODY_MAY = []
    monkeypatch.setattr("dataio.jobs.queue.enqueue", lambda job_id: None)
    Category.objects.create(name="Tools")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.com")


def give(person: User, *codenames: str) -> None:
    found = Permission.objects.filter(codename__in=codenames)
    assert len(found) == len(codenames)
    person.user_permissions.add(*found)
    drop_known_permissions(person)


def take(person: User, codename: str) -> None:
    person.user_permissions.remove(Permission.objects.get(codename=codename))
    drop_known_permissions(person)


def drop_known_permissions(person: User) -> None:
    """Django remembers them on the object, for one request."""
    for name in ("_perm_cache", "_user_perm_cache"):
        person.__dict__.pop(name, None)


def workbook(header: list[str], *rows: list[object]) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for cells in [header, *rows]:
        book.active.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile("file.xlsx", stream.getvalue())


def draft(owner: User) -> tuple[Job, ImportPlan]:
    header = ["SKU", "Name", "Category", "Price", "Quantity", "Created"]
    file = workbook(header, ["A-1", "Saw", "Tools", 1.5, 1, dt.date(2024, 2, 1)])
    job = intake.receive_upload(owner, file)
    sheet = files.peek_of(job).sheets[0]
    return job, propose_plan(sheet, registry.get("product"))


def run(job: Job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def test_each_resource_has_its_permissions():
    found = Permission.objects.filter(content_type__app_label="dataio")
    products = found.filter(codename__endswith="_product")
    names = dict(products.values_list("codename", "name"))
    assert names == {
        "import_shop_product": "May import products",
        "export_shop_product": "May export products",
        "undo_shop_product": "May undo imports of products",
        "share_shop_product": "May share products",
    }
    every = [
        f"{right}_{one.label.replace('.', '_')}"
        for one in registry.all()
        for right in Right
    ]
    assert set(every) <= set(found.values_list("codename", flat=True))


def test_a_second_migrate_adds_nothing_and_keeps_what_was_given(alice):
    give(alice, "import_shop_product")
    before = list(Permission.objects.values_list("pk", "codename"))
    call_command("migrate", verbosity=0)
    assert list(Permission.objects.values_list("pk", "codename")) == before
    assert User.objects.get(pk=alice.pk).has_perm("dataio.import_shop_product")


def test_a_project_may_let_djangos_own_permissions_count(alice):
    class ByModel(dataio.Resource):
        model = Product

        def may(self, user, right):
            return right == Right.EXPORT and user.has_perm("shop.view_product")

    give(alice, "view_product")
    assert ByModel().may(alice, Right.EXPORT)
    assert not ByModel().may(alice, Right.IMPORT)
    assert not registry.get("product").may(alice, Right.EXPORT)


def test_a_report_of_code_is_for_those_who_may_export_what_it_reads(alice):
    class Stock(dataio.Report):
        reads = ("shop.product", "shop.category")

    class Silent(dataio.Report):
        pass

    boss = User.objects.create_superuser("boss")
    give(alice, "export_shop_product")
    assert not Stock().may_run(alice)
    give(alice, "export_shop_category")
    assert Stock().may_run(alice) and not Silent().may_run(alice)
    assert Stock().may_run(boss) and Silent().may_run(boss)


def test_everybody_may_what_the_settings_say(alice, settings):
    settings.DATAIO_EVERYBODY_MAY = ["export"]
    rights = [right for right in Right if registry.get("product").may(alice, right)]
    assert rights == [Right.EXPORT]
    alice.is_active = False
    assert not registry.get("product").may(alice, Right.EXPORT)


def test_a_word_that_is_no_right_is_an_error(settings):
    settings.DATAIO_EVERYBODY_MAY = ["import", "exports"]
    (error,) = check_everybody_may(None)
    assert (error.id, error.msg) == (
        "dataio.E002",
        "DATAIO_EVERYBODY_MAY names exports, which is no right.",
    )


def test_files_of_whoever_may_import_nothing_are_refused(alice):
    with pytest.raises(NotPermitted, match="You may not import anything"):
        draft(alice)
    assert not Job.objects.exists()


def test_one_may_not_import_into_another_resource(alice):
    give(alice, "import_shop_category")
    job, plan = draft(alice)
    with pytest.raises(NotPermitted, match="You may not import products"):
        intake.accept_import(job, plan, send=False)


def test_a_right_taken_before_the_import_runs_ends_it_with_a_sentence(alice):
    give(alice, "import_shop_product")
    job, plan = draft(alice)
    intake.accept_import(job, plan, send=False)
    take(alice, "import_shop_product")
    assert run(job).state == JobState.FAILED
    assert job.message == "You may not import products."
    assert not Product.objects.exists()


def test_a_right_taken_after_the_check_stops_the_load(alice):
    from dataio.jobs import lifecycle

    give(alice, "import_shop_product")
    job, plan = draft(alice)
    intake.accept_import(job, plan.with_changes(check_first=True), send=False)
    assert run(job).state == JobState.REVIEW
    lifecycle.accept_review(job)
    take(alice, "import_shop_product")
    assert (run(job).state, job.message) == ("failed", "You may not import products.")
    assert not Product.objects.exists()


def test_a_right_taken_before_the_export_runs_ends_it_with_a_sentence(alice):
    give(alice, "export_shop_product")
    job = intake.create_export(alice, PRODUCTS, "x.csv", send=False)
    take(alice, "export_shop_product")
    assert (run(job).state, job.message) == ("failed", "You may not export products.")
    assert files.result_path(job) is None


def test_a_closed_account_exports_nothing(alice):
    give(alice, "export_shop_product")
    job = intake.create_export(alice, PRODUCTS, "x.csv", send=False)
    User.objects.update(is_active=False)
    assert run(job).state == JobState.FAILED


def test_ones_own_export_is_kept_back_without_the_right(alice, client):
    give(alice, "export_shop_product")
    job = run(intake.create_export(alice, PRODUCTS, "x.csv", send=False))
    client.force_login(alice)
    assert client.head(f"/jobs/{job.pk}/download/").status_code == 200
    take(alice, "export_shop_product")
    answer = client.get(f"/jobs/{job.pk}/download/")
    assert answer.status_code == 403
    assert "You may not export products." in answer.content.decode()


def test_an_undo_needs_its_own_right_now_and_when_it_runs(alice):
    give(alice, "import_shop_product")
    job, plan = draft(alice)
    intake.accept_import(job, plan, send=False)
    assert run(job).created == 1
    with pytest.raises(NotPermitted, match="You may not undo imports of products"):
        undoing.ask_undo(alice, job)
    give(alice, "undo_shop_product")
    asked = undoing.ask_undo(alice, job)
    take(alice, "undo_shop_product")
    assert run(asked).message == "You may not undo imports of products."
    assert Product.objects.count() == 1


def test_an_undo_is_offered_only_to_who_may(alice, client):
    give(alice, "import_shop_product")
    job, plan = draft(alice)
    intake.accept_import(job, plan, send=False)
    run(job)
    client.force_login(alice)
    address = f"/jobs/{job.pk}/undo/"
    assert address not in client.get(f"/jobs/{job.pk}/").content.decode()
    give(alice, "undo_shop_product")
    assert address in client.get(f"/jobs/{job.pk}/").content.decode()


def test_further_sheets_need_the_right_too(alice):
    give(alice, "export_shop_product")
    further = (ExportPlan(resource="shop.category"),)
    plan = ExportPlan(resource="shop.product", further=further)
    with pytest.raises(NotPermitted, match="You may not export categories"):
        permitted(plan, registry.get("product"), alice)
    with pytest.raises(NotPermitted, match="You may not export categories"):
        intake.create_export(alice, plan, "x.xlsx", send=False)


def test_sharing_needs_its_own_right(alice, client):
    give(alice, "export_shop_product")
    group = Group.objects.create(name="Buyers")
    alice.groups.add(group)
    report = reports.save(alice, "Stock", PRODUCTS)
    with pytest.raises(NotPermitted, match="You may not share products with others"):
        sharing.share(report, alice, [group])
    assert not report.groups.exists()
    client.force_login(alice)
    page = client.get(f"/reports/{report.pk}/").content.decode()
    assert "you need the permission to share this data" in page
    assert 'name="groups"' not in page
    give(alice, "share_shop_product")
    assert 'name="groups"' in client.get(f"/reports/{report.pk}/").content.decode()


def test_mail_to_others_is_sharing_and_asked_again_when_it_is_due(alice):
    give(alice, "export_shop_product")
    report = reports.save(alice, "Stock", PRODUCTS)
    schedule = Schedule(
        report=report,
        owner=alice,
        at=dt.time(7),
        time_zone="UTC",
        recipients=["Alice@example.com"],
    )
    schedules.save(schedule)  # to herself
    schedule.recipients = ["alice@example.com", "bob@example.com"]
    with pytest.raises(NotPermitted, match="You may not share products with others"):
        schedules.save(schedule)
    give(alice, "share_shop_product")
    schedules.save(schedule)
    take(alice, "share_shop_product")
    fresh = Schedule.objects.get(pk=schedule.pk)
    job = schedules.run_now(fresh)
    assert (job.state, job.message) == (
        "failed",
        "You may not share products with others.",
    )


def test_columns_that_one_may_not_see_are_neither_offered_nor_filled(alice, client):
    """Remarks of orders are for the staff; mails of customers others see only masked."""
    give(alice, "import_shop_customer")
    Customer.objects.create(name="Anna", email="anna@example.com")
    file = workbook(["Name", "Email"], ["Bob", "bob@example.com"])
    client.force_login(alice)
    answer = client.post("/imports/new/", {"file": file})
    job = Job.objects.get()
    page = client.get(answer.url + "?resource=shop.customer").content.decode()
    assert 'value="name"' in page
    assert 'value="email"' not in page
    resource = registry.get("customer")
    plan = propose_plan(files.peek_of(job).sheets[0], resource)
    assert plan.mapping == {"Name": "name", "Email": "email"}
    with pytest.raises(NotPermitted, match='You may not import into "E-mail"'):
        intake.accept_import(job, plan, send=False)
    alice.is_staff = True
    alice.save()
    job.refresh_from_db()
    intake.accept_import(job, plan, send=False)
    alice.is_staff = False
    alice.save()
    assert run(Job.objects.get()).message == 'You may not import into "E-mail".'
    assert Customer.objects.count() == 1


def test_columns_of_related_records_need_the_right_to_export_these(alice):
    give(alice, "export_shop_order")
    orders = registry.get("order")
    plan = ExportPlan(resource="shop.order", columns=("number", "customer.city"))
    assert permitted(plan, orders, alice).plan.columns == ("number",)
    give(alice, "export_shop_customer")
    assert permitted(plan, orders, alice).plan.columns == plan.columns


def test_what_one_may_not_do_is_not_offered(alice, client):
    give(alice, "export_shop_product")
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert "/export/shop.product/" in page
    assert "/export/shop.product/template/" not in page
    assert "shop.category" not in page
    assert "data-upload" not in page


def test_a_refusal_is_said_in_a_sentence_and_noted(alice, client):
    client.force_login(alice)
    answer = client.get("/export/shop.product/", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json() == {"error": "You may not export products."}
    entry = AuditEntry.objects.get(action=AuditAction.DENIED)
    assert (entry.person_name, entry.about) == ("alice", "You may not export products.")
    assert entry.request_id == answer["X-Request-ID"]
