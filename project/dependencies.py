"""Are there known holes in what we depend on? `python -m project.dependencies`, `make audit`.

Asks an advisory service about the versions in requirements.txt. What has a fixed version fails;
what has none yet is told. A service that does not answer in time is told, too, and no failure:
that a machine has no way out says nothing about the dependencies.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20
LOCK = "requirements.txt"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of asking."""

    sentences: list[str]
    fails: bool = False


def main() -> int:
    """Print what was found; 1 when something has to be done."""
    verdict = ask(LOCK)
    for sentence in verdict.sentences:
        print(sentence)  # noqa: T201 - it is what people read
    return int(verdict.fails)


def ask(lock: str, seconds: float = SECONDS) -> Verdict:
    """Ask about the versions of a lock file, for so many seconds at most."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "-r", lock]
        command += ["-f", "json", "-o", str(report), "--progress-spinner", "off"]
        try:
            # The arguments are our own.
            done = subprocess.run(  # noqa: S603
                [*command, "--timeout", "5"],
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return _not_asked("it did not answer in time")
        if report.exists() and report.stat().st_size:
            return judge(json.loads(report.read_text()))
    return _not_asked(_reason(done.stderr))


def judge(report: dict[str, Any]) -> Verdict:
    """Return what a report of pip-audit means."""
    found = [
        (f"{one['name']} {one['version']} has {hole['id']}", hole["fix_versions"])
        for one in report["dependencies"]
        for hole in one.get("vulns", ())
    ]
    if not found:
        count = len(report["dependencies"])
        return Verdict(sentences=[f"No known holes in {count} dependencies."])
    sentences = [
        f"{what}, fixed in {', '.join(fixed)}." if fixed else f"{what}, not fixed yet."
        for what, fixed in found
    ]
    return Verdict(sentences=sentences, fails=any(fixed for _what, fixed in found))


def _not_asked(why: str) -> Verdict:
    sentence = f"The dependencies were not audited: no advisory service, {why}."
    return Verdict(sentences=[sentence])


def _reason(stderr: str) -> str:
    lines: Sequence[str] = [one.strip() for one in stderr.splitlines() if one.strip()]
    return lines[-1].rstrip(".")[:300] if lines else "without a reason"


if __name__ == "__main__":
    sys.exit(main())
