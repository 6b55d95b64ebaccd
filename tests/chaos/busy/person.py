"""Somebody in front of a site, without a browser: what pages post, and what they are told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests

from tests.chaos.busy.form import Form
from tests.stack import Stack

PATIENCE = 120  # seconds, for a machine that is busy
TOKEN = "t" * 32
ENDED = {"done", "failed", "cancelled"}
SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
for name in {names!r}:
    user, _new = User.objects.get_or_create(username=name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print("session", name, session.session_key)
"""


class Person:
    """Somebody who is signed in."""

    def __init__(self, site: Stack, name: str, session: str) -> None:
        self.name = name
        self.patience = PATIENCE
        self._url = site.url
        self.web = requests.Session()
        self.web.cookies.update({"sessionid": session, "csrftoken": TOKEN})
        self.web.headers["X-CSRFToken"] = TOKEN

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.web.get(self._url + path.lstrip("/"), timeout=60, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        options = {"allow_redirects": False, **options}
        return self.web.post(self._url + path.lstrip("/"), timeout=60, **options)

    def export(self, resource: str, *columns: str) -> requests.Response:
        """Press the export page's button; the answer leads to the job, or says why not."""
        fields = {"export-sent": "1", "export-columns": columns, "export-format": "csv"}
        return self.post(f"/export/{resource}/", data=fields)

    def upload(self, path: Path) -> str:
        """Upload a file; return the path of the page that maps its columns."""
        with path.open("rb") as file:
            answer = self.post(
                "/imports/new/",
                files={"file": (path.name, file)},
                headers={"Accept": "application/json"},
            )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["url"])

    def check(self, path: Path, resource: str) -> str:
        """Upload a file and take what is proposed; return the job's path."""
        place = self.upload(path)
        page = self.get(f"{place}?resource={resource}")
        answer = self.post(place, data=Form("data-map-form", page.text).fields)
        assert answer.status_code == 302, said(answer)
        return job_path(answer)

    def load(self, job: str) -> None:
        """Press the review page's button."""
        answer = self.post(job.replace("/jobs/", "/imports/") + "review/")
        assert answer.headers["location"] == job, answer.headers["location"]

    def snapshot(self, job: str) -> dict[str, Any]:
        answer = self.get(f"{job}status/")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(self, job: str, states: Iterable[str]) -> dict[str, Any]:
        """Wait until a job is in one of these states; return what is told of it then."""
        deadline = time.monotonic() + self.patience
        while (now := self.snapshot(job))["job_state"] not in states:
            assert now["job_state"] not in ENDED, now
            assert time.monotonic() < deadline, f"{job} is still {now}"
            time.sleep(0.1)
        return now


def people(site: Stack, *names: str) -> list[Person]:
    """Sign people in who may do what everybody may; passwords would take long."""
    said = site.manage("shell", "-c", SIGN_IN.format(names=names))
    sessions = dict(re.findall(r"^session (\S+) (\S+)$", said, re.MULTILINE))
    return [Person(site, name, sessions[name]) for name in names]


def said(answer: requests.Response) -> str:
    """What a page says, without its marks."""
    text = re.sub(r"(?s)<template.*?</template>|<[^>]+>", " ", answer.text)
    return f"{answer.status_code}: {' '.join(text.split())[:2_000]}"


def job_path(answer: requests.Response) -> str:
    """The path of the job that an answer leads to."""
    number = re.search(r"[0-9a-f-]{36}", answer.headers.get("location", ""))
    assert number is not None, said(answer)
    return f"/jobs/{number[0]}/"
