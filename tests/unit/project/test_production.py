"""The settings of a real site, in a process of its own: HTTPS=true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User

ROOT = Path(__file__).parents[3]
SHOW = """
import json
from project import settings
names = [name for name in dir(settings) if name.isupper() and name != "LANGUAGES"]
found = {name: getattr(settings, name) for name in names}
plain = {name: one for name, one in found.items() if isinstance(one, (str, int, list))}
print(json.dumps(plain, default=repr))
"""
REAL = {
    "HTTPS": "true",
    "SECRET_KEY": "a-secret-that-only-the-environment-knows",
    "ALLOWED_HOSTS": "data.example.com",
}


def started(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    own = {**REAL, "DATAIO_VAR": str(folder), **changes}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={**kept, **{name: value for name, value in own.items() if value}},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_real_site_is_closed_where_it_can_be(tmp_path):
    done = started(tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = {
        "DEBUG": False,
        "SECRET_KEY": REAL["SECRET_KEY"],
        "ALLOWED_HOSTS": ["data.example.com"],
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "X_FRAME_OPTIONS": "DENY",
        "DATAIO_EVERYBODY_MAY": [],
    }
    assert {name: found[name] for name in expected} == expected
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set."),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set."),
        ({"DEBUG": "true"}, 'DEBUG is "true", which cannot be used.'),
    ],
)
def test_a_real_site_does_not_start_half_open(tmp_path, changes, sentence):
    done = started(tmp_path, **changes)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/jobs/", "/jobs/"),
        ("https://evil.example/", "/"),
        ("//evil.example/jobs/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_the_login_leads_to_this_site_only(client, wanted, expected):
    User.objects.create_user("alice", password="secret-enough")
    data = {"username": "alice", "password": "secret-enough", "next": wanted}
    assert client.post("/login/", data).url == expected
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.django_db
def test_forms_lead_back_to_this_site_only(client):
    client.force_login(User.objects.create_user("alice"))
    for back in ("//evil.example", "\r\nLocation: //evil.example", "@evil.example"):
        answer = client.post("/jobs/cancel/", {"back": back})
        assert answer.url.startswith("/jobs/?")
        assert "\n" not in answer.url
