"""Settings read from the environment: typed, and loud when a value cannot be used.

A value that cannot be used stops the program with one sentence that names the
variable, the value and what is allowed:

    DEBUG is "maybe", which cannot be used. Allowed: true or false.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent


def refuse(name: str, allowed: str, value: str | None = None) -> NoReturn:
    """Stop the program with one sentence and exit code 1.

    SystemExit, because it leaves manage.py, celery and uvicorn alike without a
    traceback; the sentence is all that a reader needs.
    """
    seen = os.environ.get(name) if value is None else value
    start = (
        f'{name} is "{seen}", which cannot be used.' if seen else f"{name} is not set."
    )
    raise SystemExit(f"{start} Allowed: {allowed}.")


class Environment:
    """Reads typed values; a file `.env` beside manage.py fills what is not set."""

    def __init__(self) -> None:
        self._env = Env()
        self._env.read_env(str(BASE_DIR / ".env"), recurse=False)

    @property
    def var(self) -> Path:
        """The folder for all that the site writes on this machine."""
        return Path(self.text("DATAIO_VAR", str(BASE_DIR / "var"))).resolve()

    def text(self, name: str, default: str) -> str:
        """The text; a variable that is set but empty counts as not set."""
        return os.environ.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        if not self.text(name, ""):
            return default
        try:
            return self._env.bool(name)
        except EnvError:
            refuse(name, "true or false")

    def whole(
        self, name: str, default: int, *, least: int = 0, most: int | None = None
    ) -> int:
        """A whole number from `least` to `most`, or without end."""
        if not self.text(name, ""):
            return default
        try:
            number = self._env.int(name)
        except EnvError:
            number = least - 1
        if number < least or (most is not None and number > most):
            end = f"{least} or more" if most is None else f"from {least} to {most}"
            refuse(name, f"a whole number, {end}")
        return number

    def time_zone(self, name: str, default: str) -> str:
        """The name of a time zone, such as Asia/Ho_Chi_Minh."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            refuse(name, "the name of a time zone, such as UTC or Asia/Ho_Chi_Minh")
        return value

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            refuse(name, ", ".join(allowed))
        return value

    def texts(self, name: str, default: list[str]) -> list[str]:
        """A list separated by commas."""
        if not self.text(name, ""):
            return default
        return [part.strip() for part in os.environ[name].split(",") if part.strip()]

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        """An address whose scheme is one of `schemes`."""
        value = self.text(name, default)
        if urlsplit(value).scheme not in schemes:
            starts = ", ".join(f"{scheme}:" for scheme in schemes)
            refuse(name, f"an address that starts with one of {starts}")
        return value

    def origins(self, name: str) -> list[str]:
        """A list of https://host or http://host."""
        found = self.texts(name, [])
        if not all(origin.startswith(("https://", "http://")) for origin in found):
            refuse(name, "addresses such as https://data.example.com, with commas")
        return found

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_ settings from one address such as smtp://user:pw@host:25."""
        value = self.url(name, default, ("console", "smtp", "smtps", "file", "dummy"))
        try:
            return dict(self._env.dj_email_url(name, value))
        except (EnvError, KeyError, ValueError):
            refuse(name, "console: or an address such as smtp://user:pw@host:25", value)

    def database(self, name: str, default: str) -> dict[str, Any]:
        """One entry of DATABASES, without options."""
        value = self.url(name, default, ("sqlite", "postgres", "postgresql"))
        try:
            return dict(self._env.dj_db_url(name, value))
        except (EnvError, ValueError, KeyError):
            refuse(name, "sqlite:///file or postgresql://user:password@host:5432/name")


def kept_secret(path: Path) -> str:
    """The secret kept in `path`; made on first use, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            # Linked rather than written: of processes that start together, one wins.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text().strip()
