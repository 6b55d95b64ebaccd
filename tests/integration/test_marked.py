"""The marked workbook: bad cells filled and commented, the rest untouched, known when it returns."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from pathlib import Path, PurePath

import pytest
import xlsxwriter
from celery import current_app
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from dataio.errors import DataioError
from dataio.imports.marked import ROWS, WHOLE, recognise
from dataio.imports.matching import propose_plan
from dataio.jobs import (
    correcting,
    files,
    intake,
    lifecycle,
    marking,
    recognising,
    runner,
)
from dataio.jobs.correcting import Decision
from dataio.models import Fix, Job, JobState
from dataio.resources import registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["SKU", "Name", "Category", "Price", "Created", "Our own note"]
BAD, CHANGED = "00FFC7CE", "00C6EFCE"


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    settings.DATAIO_CHUNK_ROWS = 4
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"
    # No broker: what is sent is run by the test.
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)
    Category.objects.create(name="Tools")


def book() -> Workbook:
    """A title above the header in row 3, ten rows, two of them bad; and a sheet of notes."""
    made = Workbook()
    sheet = made.active
    sheet.title = "Stock"
    sheet["A1"] = "Stock list"
    sheet["A1"].font = Font(bold=True, size=20)
    sheet.append([])
    sheet.append(HEADER)
    for number in range(10):
        day = dt.date(2024, 5, 1 + number)
        sheet.append([f"A-{number}", "Saw", "Tools", 1.5 + number, day, "mine"])
    sheet["D6"] = "12,5o"
    sheet["D6"].comment = Comment("ask Ann", "Ann")
    sheet["C9"] = "Tolls"
    sheet["D9"] = "free"
    sheet["B5"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.column_dimensions["B"].width = 33
    notes = made.create_sheet("Notes")
    notes["B2"] = "=1+1"
    notes["B2"].number_format = "0.00"
    notes.sheet_state = "hidden"
    return made


def content(made: Workbook) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def upload(owner, data: bytes, name="stock.xlsx") -> Job:
    return intake.receive_upload(owner, SimpleUploadedFile(name, data))


def run(job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def checked(owner, data: bytes, name="stock.xlsx", **changes) -> Job:
    job = upload(owner, data, name)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    plan = plan.with_changes(check_first=True, **changes)
    intake.accept_import(job, plan, send=False)
    return run(job)


def load(job) -> Job:
    lifecycle.accept_review(job)
    return run(job)


def mark(job) -> Job:
    return run(marking.ask_marked(job.owner, job))


def marked_workbook(job) -> Path:
    """The marked workbook, with the suffix that openpyxl wants."""
    made = mark(job)
    assert (made.state, made.message) == ("done", "")
    target = files.folder(made.pk) / PurePath(made.file_name).name
    shutil.copy(files.export_path(made), target)
    return target


def cells(sheet) -> dict[str, tuple]:
    return {
        cell.coordinate: (cell.value, cell.fill.fgColor.rgb, cell.number_format)
        for row in sheet.iter_rows()
        for cell in row
    }


def test_bad_cells_are_filled_and_commented_and_the_rest_is_untouched(alice):
    job = checked(alice, content(book()))
    path = marked_workbook(job)
    before, after = book(), load_workbook(path)
    assert after.sheetnames == ["Stock", "Notes"]
    assert cells(after["Notes"]) == cells(before["Notes"])
    assert after["Notes"].sheet_state == "hidden"
    was, now = cells(before["Stock"]), cells(after["Stock"])
    changed = {place for place in was if was[place] != now[place]}
    # Dates come back as datetimes.
    changed -= {place for place in changed if place[0] == "E"}
    assert changed == {"D6", "C9", "D9"}
    assert {now[place][1] for place in changed} == {BAD}
    assert {place: now[place][0] for place in changed} == {
        "D6": "12,5o",
        "C9": "Tolls",
        "D9": "free",
    }
    sheet = after["Stock"]
    comments = {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }
    assert comments == {
        "C3": "1 problem in this column.",
        "D3": "2 problems in this column.",
        "D6": 'ask Ann\n"12,5o" is not a number. Write it like 12.50.',
        "C9": 'There is no category "Tolls". Did you mean "Tools"?',
        "D9": '"free" is not a number. Write it like 12.50.',
    }
    assert sheet.column_dimensions["B"].width == 33
    assert sheet["A1"].font.size == 20
    assert recognise(path) == (job.pk, WHOLE)
    assert recognise(files.source_path(job)) is None


def test_it_is_made_again_only_after_a_decision(alice):
    job = checked(alice, content(book()))
    first = mark(job)
    assert marking.ask_marked(alice, job) == first
    assert first.file_name == "stock problems.xlsx"
    edit = Decision(row=6, column="price", action=Fix.Action.REPLACE, replacement="7")
    correcting.decide(job, [edit])
    second = marked_workbook(run(job))
    cell = load_workbook(second)["Stock"]["D6"]
    assert (cell.value, cell.fill.fgColor.rgb) == ("7", CHANGED)
    assert cell.comment.text == 'ask Ann\nYou changed this from "12,5o".'


def test_it_goes_on_where_it_was_when_it_comes_back_corrected(alice):
    first = checked(alice, content(book()))
    tolls = Decision(
        column="category", value="Tolls", action="replace", replacement="Tools"
    )
    correcting.decide(first, [tolls])
    first = run(first)
    marked = load_workbook(marked_workbook(first))
    assert load(first).created == 8
    stamps = dict(Product.objects.values_list("sku", "updated_at"))

    marked["Stock"]["D6"], marked["Stock"]["D9"] = 12.5, 99
    again = upload(alice, content(marked), "corrected.xlsx")
    assert recognising.start_if_known(again, send=False)
    again = run(again)
    assert (again.state, again.plan["header_row"]) == (JobState.REVIEW, 3)
    assert again.notes[-1] == '"stock.xlsx" comes back corrected, so nothing is asked again.'  # fmt: skip
    again = load(again)
    assert (again.created, again.updated, again.unchanged, again.failed) == (2, 0, 8, 0)
    assert Product.objects.count() == 10
    now = dict(Product.objects.values_list("sku", "updated_at"))
    assert {sku: now[sku] for sku in stamps} == stamps


@pytest.mark.parametrize("limited", [True, False])
def test_only_the_bad_rows_come_back_of_a_large_file_or_of_text(
    alice, settings, limited
):
    if limited:
        settings.DATAIO_MAX_MARKED_BYTES = 10
        job = checked(alice, content(book()))
        rows = (6, 9)
    else:
        lines = ["SKU,Name,Category,Price,Our own note", "A-1,Saw,Tools,1.5,mine"]
        lines += ["A-2,Saw,Tools,12-5o,=1+1", "A-5,Saw,Tolls,free,mine"]
        job = checked(alice, "\n".join(lines).encode(), "stock.csv")
        rows = (3, 4)
    path = marked_workbook(job)
    sheet = load_workbook(path).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert len(lines) == 1 + len(rows)
    assert lines[0][-2:] == ("Our own note", "Problems")
    assert lines[2][-1] == (
        'There is no category "Tolls". Did you mean "Tools"? '
        '"free" is not a number. Write it like 12.50.'
    )
    assert sheet["D2"].fill.fgColor.rgb == BAD
    assert sheet["D3"].comment.text == '"free" is not a number. Write it like 12.50.'
    assert sheet["E2"].data_type != "f"
    assert recognise(path) == (job.pk, ROWS)

    load(job)
    corrected = load_workbook(path)
    sheet = corrected.worksheets[0]
    sheet["D2"], sheet["C3"], sheet["D3"] = 12.5, "Tools", 99
    again = upload(alice, content(corrected), "corrected.xlsx")
    assert recognising.start_if_known(again, send=False)
    again = load(run(again))
    assert (again.created, again.failed) == (2, 0)
    assert Product.objects.count() == job.rows


def test_a_stranger_who_uploads_it_learns_nothing(alice):
    job = checked(alice, content(book()))
    data = marked_workbook(job).read_bytes()
    again = upload(User.objects.create_user("charlie"), data)
    assert not recognising.start_if_known(again, send=False)
    assert (again.state, again.notes) == (JobState.DRAFT, [])


def test_rows_without_a_key_are_not_imported_twice(alice):
    job = checked(alice, content(book()), mode="create", key=())
    data = marked_workbook(job).read_bytes()
    load(job)
    again = upload(alice, data)
    assert not recognising.start_if_known(again, send=False)
    assert again.state == JobState.DRAFT
    assert again.notes == [
        "The good rows of this file were imported already, and nothing tells its rows "
        "apart. Leave in it only the rows that are still to be imported."
    ]


def test_other_columns_are_mapped_anew(alice):
    job = checked(alice, content(book()))
    marked = load_workbook(marked_workbook(job))
    marked["Stock"]["D3"] = "Cost"
    again = upload(alice, content(marked))
    assert not recognising.start_if_known(again, send=False)


def test_there_is_nothing_to_mark_without_a_problem(alice):
    made = book()
    for place, value in {"D6": 1, "C9": "Tools", "D9": 2}.items():
        made["Stock"][place] = value
    job = checked(alice, content(made))
    marked = mark(job)
    assert marked.state == JobState.FAILED
    assert marked.message == "No row has a problem, so there is nothing to mark."


def test_a_list_that_is_cut_says_so_in_the_workbook_and_on_the_page(alice, settings):
    settings.DATAIO_MAX_PROBLEMS = 1
    job = checked(alice, content(book()))
    made = mark(job)
    said = (
        "Only the first 1 of 3 problems are marked. Correct these, and upload the workbook"
        " again: then the others are found."
    )
    assert made.notes == [said]
    sheet = load_workbook(marked_workbook(job))["Stock"]
    assert sheet["A3"].comment.text == said
    assert sheet["D6"].fill.fgColor.rgb == BAD
    assert sheet["D9"].comment is None


def test_the_bar_moves_while_it_is_made(alice):
    job = checked(alice, content(book()))
    asked = marking.ask_marked(alice, job)
    readings = []
    runner.run_job(asked.pk, readings.append)
    phases = list(dict.fromkeys(reading.phase for reading in readings))
    assert phases == ["reading", "marking", "packing", "finishing"]


def test_macros_stay(alice, tmp_path):
    project = tmp_path / "vbaProject.bin"
    # What is inside is Excel's business: here and there it is copied as it is.
    project.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(range(256)) * 40)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        made.add_vba_project(str(project))
        sheet = made.add_worksheet("Stock")
        sheet.write_row(0, 0, ["SKU", "Name", "Category", "Price"])
        sheet.write_row(1, 0, ["A-1", "Saw", "Tools", "12,5o"])
        sheet.insert_button("F2", {"macro": "Sort", "caption": "Sort"})
    job = checked(alice, stream.getvalue(), "stock.xlsm")
    path = marked_workbook(job)
    assert path.suffix == ".xlsm"
    with zipfile.ZipFile(path) as package:
        assert package.read("xl/vbaProject.bin") == project.read_bytes()
        types = package.read("[Content_Types].xml").decode()
    assert "application/vnd.ms-excel.sheet.macroEnabled.main+xml" in types
    assert load_workbook(path)["Stock"]["D2"].fill.fgColor.rgb == BAD
    assert recognise(path) == (job.pk, WHOLE)


@pytest.mark.parametrize("saved", [True, False])
def test_formulas_without_results_are_refused_and_never_read_as_blank(alice, saved):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        sheet = made.add_worksheet("Stock")
        sheet.write_row(0, 0, ["SKU", "Name", "Category", "Price", "Quantity"])
        sheet.write_row(1, 0, ["A-1", "Saw", "Tools", "12,5o"])
        sheet.write_formula(1, 4, "=2+3", value=5)
    job = checked(alice, stream.getvalue())
    path = marked_workbook(job)
    if saved:
        # As Excel does when it saves.
        data = with_result(path, b"<v>5</v>")
        again = upload(alice, data)
        assert recognising.start_if_known(again, send=False)
        return
    again = upload(alice, path.read_bytes())
    with pytest.raises(DataioError, match="have no results yet, such as the one in E2"):
        recognising.start_if_known(again, send=False)
    assert not Job.objects.filter(pk=again.pk).exists()


def with_result(path, result: bytes) -> bytes:
    """The workbook with this result of its only formula."""
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(stream, "w") as made:
        for name in package.namelist():
            part = package.read(name)
            for blank in (b"<v></v>", b"<v />", b"<v/>"):
                part = part.replace(b"</f>" + blank, b"</f>" + result)
            made.writestr(name, part)
    return stream.getvalue()


def test_strangers_cannot_have_it_made(client, alice):
    job = checked(alice, content(book()))
    client.force_login(User.objects.create_user("charlie"))
    assert client.post(reverse("dataio:marked", args=[job.pk])).status_code == 404
    assert not Job.objects.filter(kind="mark").exists()


def test_the_page_makes_it_and_gives_it(client, alice):
    job = checked(alice, content(book()))
    client.force_login(alice)
    answer = client.post(reverse("dataio:marked", args=[job.pk]))
    made = Job.objects.get(kind="mark")
    assert answer.url == reverse("dataio:job", args=[made.pk])
    run(made)
    page = client.get(answer.url).content.decode()
    assert reverse("dataio:download", args=[made.pk]) in page
    assert reverse("dataio:fix", args=[job.pk]) in page
    answer = client.get(reverse("dataio:download", args=[made.pk]))
    assert "stock%20problems.xlsx" in answer["Content-Disposition"].replace(" ", "%20")
    answer.close()
