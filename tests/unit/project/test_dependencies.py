"""The audit of the dependencies: what fails it, and what only has to be said."""

from __future__ import annotations

import pytest

from project.dependencies import ask, judge


def report(**holes):
    return {
        "dependencies": [
            {"name": name, "version": "1.0", "vulns": found}
            for name, found in holes.items()
        ]
    }


def hole(*fixed):
    return {"id": "CVE-2026-0001", "fix_versions": list(fixed)}


@pytest.mark.parametrize(
    ("found", "sentences", "fails"),
    [
        (report(a=[], b=[]), ["No known holes in 2 dependencies."], False),
        (report(a=[hole("1.1")]), ["a 1.0 has CVE-2026-0001, fixed in 1.1."], True),
        (report(a=[hole()]), ["a 1.0 has CVE-2026-0001, not fixed yet."], False),
        (
            report(a=[hole()], b=[hole("2", "3")]),
            [
                "a 1.0 has CVE-2026-0001, not fixed yet.",
                "b 1.0 has CVE-2026-0001, fixed in 2, 3.",
            ],
            True,
        ),
    ],
)
def test_a_hole_that_is_fixed_somewhere_fails(found, sentences, fails):
    verdict = judge(found)
    assert (verdict.sentences, verdict.fails) == (sentences, fails)


def test_a_service_that_cannot_be_reached_is_said_and_no_failure(monkeypatch, tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"sqlparse==0.5.0 --hash=sha256:{'0' * 64}\n")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nothing answers
    verdict = ask(str(lock))
    assert not verdict.fails
    (sentence,) = verdict.sentences
    assert sentence.startswith("The dependencies were not audited: no advisory service")


def test_a_service_that_is_silent_is_waited_for_only_so_long(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("")
    (sentence,) = ask(str(lock), seconds=0.01).sentences
    assert sentence.endswith("it did not answer in time.")
