"""manage.py dataio_import RESOURCE FILE: the pipeline of the page, in the terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dataio.columns import CellFormat
from dataio.columns.evidence import Evidence
from dataio.errors import DataioError
from dataio.imports.inference import DATE_KINDS
from dataio.imports.matching import propose_plan
from dataio.imports.plan import MODES, ImportPlan
from dataio.imports.proposing import broods, has_brood, with_brood
from dataio.jobs import files, intake
from dataio.management.terminal import run_here
from dataio.models import Job, JobState
from dataio.readers import SheetPeek
from dataio.resources import registry

ORDERS = ("DMY", "MDY", "YMD")


class Command(BaseCommand):
    help = "Import a spreadsheet. RESOURCE is shop.product, or product where that is unique."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("resource")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--sheet", default="", help="name of the sheet; default: the first"
        )
        parser.add_argument("--mode", choices=MODES, default="")
        parser.add_argument(
            "--key", default="", help="column that finds existing records"
        )
        parser.add_argument(
            "--date-order",
            choices=ORDERS,
            default="",
            help="how dates are written that may be two",
        )
        parser.add_argument("--atomic", action="store_true", help="all or nothing")
        parser.add_argument(
            "--check", action="store_true", help="only say what would change"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._import(options)
        except DataioError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, default=str, ensure_ascii=False))
        else:
            self._report(result)
        wanted = JobState.REVIEW if options["check"] else JobState.DONE
        if result["state"] != wanted:
            raise CommandError(result["message"])

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        resource = registry.get(options["resource"])
        job = _receive(options["file"])
        sheet = _sheet(files.peek_of(job).sheets, options["sheet"])
        scan = files.scan_of(job, sheet.name, sheet.header_row)
        plan = propose_plan(sheet, resource, scan.evidence)
        plan = _with_children(plan, sheet, job)
        intake.accept_import(job, _with_options(plan, options), send=False)
        return run_here(job, quiet=options["json"])

    def _report(self, result: dict[str, Any]) -> None:
        for problem in result["problems"]:
            self.stdout.write("Row {row}, {column}: {message}".format(**problem))
        if "alarms" in result:
            self._report_check(result)
            return
        self.stdout.write(
            "{rows:,} rows: {created:,} created, {updated:,} updated, {unchanged:,} unchanged, "
            "{failed:,} left out. {seconds} seconds.".format(**result)
        )

    def _report_check(self, result: dict[str, Any]) -> None:
        for alarm in result["alarms"]:
            self.stdout.write(alarm)
        self.stdout.write(
            "{rows:,} rows: {create:,} to create, {update:,} to update, {unchanged:,} unchanged, "
            "{conflict:,} in conflict, {problem:,} with problems. {seconds} seconds.".format(
                **result
            )
        )


def _receive(path: Path) -> Job:
    try:
        with path.open("rb") as file:
            upload = UploadedFile(File(file), name=path.name, size=path.stat().st_size)
            return intake.receive_upload(None, upload)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _sheet(sheets: list[SheetPeek], name: str) -> SheetPeek:
    for sheet in sheets:
        if sheet.name == name or (not name and sheet.header_row):
            return sheet
    names = ", ".join(sheet.name for sheet in sheets)
    raise CommandError(f'There is no sheet "{name}" with rows. There are: {names}.')


def _with_children(plan: ImportPlan, sheet: SheetPeek, job: Job) -> ImportPlan:
    """Return the plan with the children that the file holds too, if any."""
    resource = registry.get(plan.resource)
    found = broods(files.peek_of(job), sheet, resource)
    best = next((one for one in found if has_brood(one, resource)), None)
    if best is None:
        return plan

    def evidence_of(one: SheetPeek) -> dict[str, Evidence]:
        return files.scan_of(job, one.name, one.header_row).evidence

    return with_brood(plan, sheet, best, evidence_of)


def _with_options(plan: ImportPlan, options: dict[str, Any]) -> ImportPlan:
    changes: dict[str, Any] = {
        "atomic": options["atomic"],
        "check_first": options["check"],
    }
    if options["mode"]:
        changes["mode"] = options["mode"]
        changes["parts"] = tuple(
            part.with_changes(mode=options["mode"]) for part in plan.parts
        )
    if options["key"]:
        changes["key"] = tuple(options["key"].split(","))
    return _with_date_order(plan.with_changes(**changes), options["date_order"])


def _with_date_order(plan: ImportPlan, order: str) -> ImportPlan:
    """Return the plan with that order for dates whose own order the file does not prove."""
    if not order:
        return plan
    columns = registry.get(plan.resource).columns
    formats = dict(plan.formats)
    for name in plan.columns:
        known = formats.get(name, CellFormat())
        if columns[name].kind in DATE_KINDS and not known.date_order:
            formats[name] = replace(known, date_order=order)
    parts = tuple(_with_date_order(part, order) for part in plan.parts)
    return plan.with_changes(formats=formats, parts=parts)
