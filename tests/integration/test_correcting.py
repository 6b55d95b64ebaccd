"""The dirty workbook: checked, corrected by decisions and single cells, imported whole."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from celery import current_app
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from dataio.errors import DataioError, NotPermitted, WrongState
from dataio.imports import rejected as kept
from dataio.imports.matching import propose_plan
from dataio.jobs import correcting, files, intake, lifecycle, rejected_rows, runner
from dataio.jobs.correcting import Decision
from dataio.models import Chunk, Fix, Job, JobState, Problem
from dataio.resources import registry
from project.shop import goods, samples
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

Action = Fix.Action

REPLACED = {
    ("category", "Tolls"): "Tools",
    ("category", "Toyz"): "Toys",
    ("category", "Gardening stuff"): "Garden",
    ("price", "12,5o"): "12.50",
    ("price", "-5"): "5",
    ("price", "12.345"): "12.35",
    ("name", ""): "Unknown",
    ("active", "maybe"): "no",
    ("created", "03/04/2025"): "2025-04-03",
    ("created", "31.02.2025"): "2025-02-28",
    ("quantity", "ten"): "10",
    ("quantity", "3.5"): "4",
    ("weight", "heavy"): "1.5",
    ("weight", "#REF!"): "2",
}
BLANKED = [
    ("supplier_email", "anna@"),
    ("supplier_email", "sales.example.com"),
    ("created", "soon"),
]
SKIPPED = ("price", "on request")


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.DATAIO_CHUNK_ROWS = 100
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    # No broker: what is sent is run by the test.
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)
    for name in goods.NOUNS:
        Category.objects.create(name=name)


def received(owner, path, name="") -> Job:
    upload = SimpleUploadedFile(name or path.name, path.read_bytes())
    return intake.receive_upload(owner, upload)


def checked(owner, path, **changes) -> Job:
    job = received(owner, path)
    sheet = files.peek_of(job).sheets[0]
    plan = propose_plan(sheet, registry.get("product"))
    plan = plan.with_changes(check_first=True, **changes)
    intake.accept_import(job, plan, send=False)
    return run(job)


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def decide(job, *decisions) -> Job:
    correcting.decide(job, decisions)
    return run(job)


def load(job) -> Job:
    lifecycle.accept_review(job)
    return run(job)


@pytest.fixture
def dirty(tmp_path):
    path = tmp_path / "products.xlsx"
    samples.write_dirty(path)
    return path


def by_value(column, value, action, replacement="") -> Decision:
    return Decision(column=column, value=value, action=action, replacement=replacement)


def one_cell(row, column, replacement) -> Decision:
    return Decision(
        row=row, column=column, action=Action.REPLACE, replacement=replacement
    )


def decisions() -> list[Decision]:
    return [
        *(by_value(*place, Action.REPLACE, text) for place, text in REPLACED.items()),
        *(by_value(*place, Action.BLANK) for place in BLANKED),
        by_value(*SKIPPED, Action.SKIP),
    ]


def expected() -> dict[str, tuple]:
    """What the dirty workbook becomes, by SKU, with plain Python."""
    found, seen = {}, set()
    for row, cells in enumerate(samples.dirty_rows(), start=2):
        values = {field: cells[header] for field, header in samples.HEADERS.items()}
        for field, value in values.items():
            # A workbook knows no difference between -5 and -5.0.
            shown = "" if value is None else str(value).removesuffix(".0")
            values[field] = REPLACED.get((field, shown), value)
            if (field, shown) in BLANKED:
                values[field] = dt.date.today() if field == "created" else ""  # noqa: DTZ011
        if values["sku"] is None or values["sku"] in seen:
            values["sku"] = f"NEW-{row}"
        seen.add(values["sku"])
        if values["price"] != "on request":
            found[values["sku"]] = (
                values["name"],
                values["category"],
                Decimal(str(values["price"])).quantize(Decimal("0.01")),
                int(values["quantity"]),
                float(values["weight"]),
                {"no": False}.get(values["active"], values["active"]),
                dt.date.fromisoformat(str(values["created"])),
                values["supplier_email"],
                values["notes"] or "",
            )
    return found


def stored() -> dict[str, tuple]:
    names = ("name", "category__name", "price", "quantity", "weight", "active")
    names += ("created", "supplier_email", "notes")
    return {row[0]: row[1:] for row in Product.objects.values_list("sku", *names)}


def bad_skus(job) -> list[Decision]:
    page = correcting.rejected_page(job)
    return [
        one_cell(row.row, "sku", f"NEW-{row.row}")
        for row in page.rows
        if "sku" in row.problems
    ]


def test_the_dirty_workbook_is_corrected_and_imported_whole(alice, dirty):
    job = checked(alice, dirty)
    flawed = sum(flaw.times for flaw in samples.FLAWS) + samples.REPEATED_SKUS
    assert (job.state, job.rows, job.failed) == (JobState.REVIEW, 500, flawed)
    assert Product.objects.count() == 0

    job = decide(job, *decisions())
    left = 2 + samples.REPEATED_SKUS
    assert (job.state, job.rows, job.failed) == (JobState.REVIEW, 500, left)
    assert [group.code for group in correcting.groups(job)] == [
        "required",
        *["duplicate"] * samples.REPEATED_SKUS,
    ]

    job = decide(job, *bad_skus(job))
    assert (job.rows, job.failed, job.problem_count) == (500, 0, 0)
    assert Problem.objects.filter(job=job).count() == 0
    assert Product.objects.count() == 0

    job = load(job)
    assert (job.state, job.rows, job.created, job.failed) == ("done", 500, 498, 0)
    assert stored() == expected()


def test_all_or_nothing_may_go_on_when_every_problem_is_settled(alice, dirty):
    job = checked(alice, dirty, atomic=True)
    job = decide(job, *decisions())
    job = decide(job, *bad_skus(job))
    assert load(job).state == JobState.DONE
    assert stored() == expected()


def test_what_is_not_corrected_is_left_out_and_listed(alice, dirty):
    job = decide(
        checked(alice, dirty), by_value("category", "Tolls", "replace", "Tools")
    )
    job = load(job)
    flawed = sum(flaw.times for flaw in samples.FLAWS) + samples.REPEATED_SKUS
    assert (job.created, job.failed) == (500 - flawed + 7, flawed - 7)
    assert Problem.objects.filter(job=job).count() == job.problem_count
    assert not Problem.objects.filter(job=job, value="Tolls").exists()


def test_groups_say_what_is_wrong_where_and_what_may_be_done(alice, dirty):
    groups = {
        (group.column, group.value): group
        for group in correcting.groups(checked(alice, dirty))
    }
    tolls = groups["category", "Tolls"]
    assert (tolls.label, tolls.count, tolls.suggestion) == ("Category", 7, "Tools")
    assert tolls.message == 'There is no category "Tolls". Did you mean "Tools"?'
    assert tolls.actions == [Action.REPLACE, Action.SKIP]
    assert groups["category", "Toyz"].suggestion == "Toys"
    assert groups["supplier_email", "anna@"].actions == [
        Action.REPLACE,
        Action.BLANK,
        Action.SKIP,
    ]
    assert groups["active", "maybe"].suggestion == ""
    assert next(iter(groups.values())) == tolls


def test_the_grid_shows_each_bad_row_with_its_sentences(alice, dirty):
    job = checked(alice, dirty)
    everything = correcting.rejected_page(job, count=1000)
    assert everything.total == job.failed == len(everything.rows)
    assert everything.columns == list(samples.HEADERS)
    assert [row.row for row in everything.rows] == sorted(
        Problem.objects.filter(job=job).values_list("row", flat=True)
    )
    cells = dict(enumerate(samples.dirty_rows(), start=2))
    for row in everything.rows:
        for problem in Problem.objects.filter(job=job, row=row.row):
            assert row.problems[problem.column] == problem.message
        name = cells[row.row]["Name"]
        assert row.cells["name"] == (name or "")
    part = correcting.rejected_page(job, start=20, count=15)
    assert part.rows == everything.rows[20:35]


def test_only_rows_with_problems_are_checked_again(alice, dirty, monkeypatch):
    job = checked(alice, dirty)
    rejected = {row.row for row in correcting.rejected_page(job, count=1000).rows}
    staged = {
        path.name: path.read_bytes()
        for path in files.chunk_path(job.pk, 1).parent.iterdir()
    }
    seen = []
    resource = registry.get("product")
    monkeypatch.setattr(
        resource, "check", lambda frame: seen.extend(frame.index), raising=False
    )
    job = decide(job, by_value("category", "Tolls", "replace", "Tools"))
    assert len(set(seen)) == 7 + samples.REPEATED_SKUS
    assert set(seen) <= rejected
    now = files.chunk_path(job.pk, 1).parent
    assert {name: (now / name).read_bytes() for name in staged} == staged


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    "step", ["_add_chunk", "_take_from", "keep_rejected", "remove"]
)
@pytest.mark.parametrize("calls", [1, 3])
def test_a_crash_in_a_recheck_doubles_nothing(alice, dirty, monkeypatch, step, calls):
    job = checked(alice, dirty)
    correcting.decide(job, decisions())
    owner = kept if step == "remove" else correcting
    real, made = getattr(owner, step), []

    def die(*args, **options):
        made.append(args)
        if len(made) == calls:
            raise Killed
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, die)
        with pytest.raises(Killed):
            run(job)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    lifecycle.give_back(job.pk, job.attempt)
    job = run(job)
    assert (job.rows, job.failed) == (500, 2 + samples.REPEATED_SKUS)
    job = decide(job, *bad_skus(job))
    assert load(job).created == 498
    assert stored() == expected()


def test_a_corrected_key_may_clash_with_a_row_further_down(alice, dirty):
    job = checked(alice, dirty)
    row = next(
        row for row in correcting.rejected_page(job).rows if "sku" in row.problems
    )
    job = decide(job, one_cell(row.row, "sku", "D-000499"))
    problem = Problem.objects.get(job=job, row=row.row)
    assert problem.message == (
        '"D-000499" stands in row 500 too. Each may stand in the file once.'
    )
    job = decide(job, one_cell(row.row, "sku", "free"))
    assert not Problem.objects.filter(job=job, row=row.row).exists()


def test_two_rows_corrected_to_the_same_key_clash(alice, dirty):
    job = checked(alice, dirty)
    first, second, *_rest = [
        row.row
        for row in correcting.rejected_page(job, count=1000).rows
        if "sku" in row.problems
    ]
    job = decide(job, one_cell(first, "sku", "same"), one_cell(second, "sku", "same"))
    assert Problem.objects.get(job=job, row=second).message == (
        f'"same" stands in row {first} too. Each may stand in the file once.'
    )
    job = decide(job, one_cell(second, "sku", "other"))
    assert not Problem.objects.filter(job=job, row__in=[first, second]).exists()


def test_a_wrong_replacement_is_a_new_problem_that_can_be_settled(alice, dirty):
    job = decide(
        checked(alice, dirty), by_value("category", "Tolls", "replace", "Toolz")
    )
    groups = {group.value: group for group in correcting.groups(job)}
    assert (groups["Toolz"].count, groups["Toolz"].suggestion) == (7, "Tools")
    job = decide(job, by_value("category", "Toolz", "replace", "Tools"))
    assert not Problem.objects.filter(job=job, value__startswith="Too").exists()


def test_decisions_are_carried_to_another_import(alice, dirty):
    first = decide(checked(alice, dirty), *decisions())
    data = correcting.fixes_data(first)
    assert {"column": "category", "value": "Tolls", "action": "replace", "replacement": "Tools"} in data  # fmt: skip
    job = received(alice, dirty)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=True), send=False)
    correcting.apply_fixes_data(job, data)
    job = run(job)
    assert (job.rows, job.failed) == (500, 2 + samples.REPEATED_SKUS)
    assert sum(chunk.findings.get("skipped", 0) for chunk in Chunk.objects.filter(job=job)) == 2  # fmt: skip


def test_decisions_are_refused_when_they_cannot_be_carried_out(alice, dirty):
    job = checked(alice, dirty)
    with pytest.raises(DataioError, match="whole rows"):
        correcting.decide(job, [by_value("", "x", "replace", "y")])
    assert Fix.objects.count() == 0
    correcting.decide(job, [by_value("category", "Tolls", "skip")])
    with pytest.raises(WrongState):
        correcting.decide(job, [by_value("category", "Toyz", "skip")])
    assert Fix.objects.count() == 1


def test_nothing_is_left_of_rejected_rows_once_they_are_clean(alice, dirty):
    job = decide(checked(alice, dirty), *decisions())
    job = decide(job, *bad_skus(job))
    assert list(rejected_rows.rejected_files(job)) == []
    assert list(files.rejected_path(job.pk, 1, 0).parent.iterdir()) == []


def test_a_missing_record_is_created_at_load_where_that_is_permitted(
    alice, dirty, monkeypatch
):
    monkeypatch.setattr(
        type(registry.get("product")), "create_missing", ("category",), raising=False
    )
    job = checked(alice, dirty)
    create = by_value("category", "Gardening stuff", Action.CREATE)

    def offered() -> list[Action]:
        group = next(
            group
            for group in correcting.groups(Job.objects.get(pk=job.pk))
            if group.value == "Gardening stuff"
        )
        return group.actions

    assert Action.CREATE not in offered()
    with pytest.raises(NotPermitted):
        correcting.decide(job, [create])
    alice.user_permissions.add(Permission.objects.get(codename="add_category"))
    job = Job.objects.get(pk=job.pk)
    assert Action.CREATE in offered()
    before = job.failed
    job = decide(job, create)
    assert job.failed == before - 3
    assert not Category.objects.filter(name="Gardening stuff").exists()
    load(job)
    assert Product.objects.filter(category__name="Gardening stuff").count() == 3
