"""The README names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataio.conf import Defaults

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = sorted((ROOT / "dataio" / "management" / "commands").glob("dataio_*.py"))


@pytest.mark.parametrize("name", [name for name in vars(Defaults) if name.isupper()])
def test_every_setting_is_in_the_readme(name):
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_command_is_in_the_readme(path):
    assert f"manage.py {path.stem}" in README


@pytest.mark.parametrize("name", ["map", "review", "fix", "job", "export"])
def test_every_picture_of_the_readme_is_there(name):
    assert f"docs/images/{name}.png" in README
    assert (ROOT / "docs" / "images" / f"{name}.png").is_file()
