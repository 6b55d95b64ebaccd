from __future__ import annotations

import pytest

from dataio.jobs.intake import shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("C:\\stock.xlsx", "stock.xlsx"),
        ("/etc/cron.d/x.csv", "x.csv"),
        ("a\0b\r\nSet-Cookie: x.xlsx", "abSet-Cookie: x.xlsx"),
        ("xslx.\u202egpj.exe", "xslx.gpj.exe"),
        ("<script>alert(1)</script>.xlsx", "script>.xlsx"),
        ("..", ".."),  # a text that is shown: no file is kept under its name
        ("x" * 999 + ".xlsx", "x" * 250 + ".xlsx"),
    ],
)
def test_path_tricks_in_file_names_lead_nowhere(name: str, shown: str) -> None:
    assert shown_name(name) == shown
