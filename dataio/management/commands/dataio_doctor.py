"""manage.py dataio_doctor: what is wrong with this installation, and what mends it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dataio.jobs import doctor
from dataio.jobs.parts import CHECKS


class Command(BaseCommand):
    help = "Check every part that dataio needs; the exit code is 1 when one is wrong."
    # The checks are part of what is asked.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "parts", nargs="*", choices=[[], *CHECKS], help="default: all"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.examine(options["parts"])
        if options["json"]:
            whole = {finding.part: asdict(finding) for finding in found}
            self.stdout.write(json.dumps(whole, ensure_ascii=False))
        else:
            for finding in found:
                self._say(finding)
        if not all(finding.good for finding in found):
            sys.exit(1)

    def _say(self, finding: doctor.Finding) -> None:
        sign = (
            self.style.SUCCESS("ok   ") if finding.good else self.style.ERROR("wrong")
        )
        self.stdout.write(f"{sign}  {finding.part:<14} {finding.said}")
        if finding.mend:
            self.stdout.write(f"{'':<22}{finding.mend}")
