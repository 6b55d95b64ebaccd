"""manage.py dataio_export RESOURCE FILE: the pipeline of the page, in the terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dataio.errors import DataioError, UnknownFormat
from dataio.exports.paths import child_of
from dataio.exports.select import ExportPlan
from dataio.jobs import files, intake
from dataio.management.terminal import run_here
from dataio.models import JobState
from dataio.resources import registry
from dataio.writers import FORMATS


class Command(BaseCommand):
    help = (
        "Export a resource. RESOURCE is shop.product, or product where that is unique."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("resource")
        parser.add_argument("file", type=Path, help="its suffix chooses the format")
        parser.add_argument(
            "--columns",
            default="",
            help="names, separated by commas; customer.email, lines.quantity",
        )
        parser.add_argument(
            "--sort", default="", help="names, separated by commas: --sort=-price,name"
        )
        parser.add_argument(
            "--filter", action="append", default=[], metavar="NAME=VALUE"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._export(options)
        except DataioError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, default=str, ensure_ascii=False))
        else:
            self.stdout.write("{rows:,} rows in {seconds} seconds.".format(**result))
        if result["state"] != JobState.DONE:
            raise CommandError(result["message"])

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        target: Path = options["file"]
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        plan = _plan(options)
        job = intake.create_export(None, plan, target.name, send=False)
        result = run_here(job, quiet=options["json"])
        made = files.result_path(job)
        if made is not None:
            # A temporary name first, so that the file appears whole or not at all.
            temporary = target.with_name(f".{target.name}.part")
            shutil.move(made, temporary)
            temporary.replace(target)
        return result


def _plan(options: dict[str, Any]) -> ExportPlan:
    resource = registry.get(options["resource"])
    suffix = options["file"].suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise UnknownFormat(
            f'".{suffix}" cannot be written. There are: {", ".join(FORMATS)}.'
        )
    columns, sort = _names(options["columns"]), _names(options["sort"])
    child_of(resource, columns)  # refuses names that lead nowhere
    filters: dict[str, list[str]] = {}
    for text in options["filter"]:
        name, value = _pair(text)
        filters.setdefault(name, []).append(value)
    return ExportPlan(
        resource=resource.label,
        columns=columns or tuple(resource.columns),
        filters=dict(filters),
        format=suffix,
        sort=sort,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise CommandError(f'"{text}" is not a filter. Write it like name=value.')
    return name, value
