"""Two real databases for the loaders, with the tables of `tests.testapp`."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from tests.testapp.models import MODELS, Everything

ALIASES = ("loaders_sqlite", "loaders_postgres")


class OneDatabase:
    """A router: everything goes to one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model, **hints) -> str:
        return self.alias

    def db_for_write(self, model, **hints) -> str:
        return self.alias

    def allow_relation(self, one, other, **hints) -> bool:
        return True


def _settings(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    kind = "sqlite3" if parts.scheme == "sqlite" else "postgresql"
    return {
        **connections["default"].settings_dict,
        "ENGINE": f"django.db.backends.{kind}",
        "NAME": parts.path[1:],
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "OPTIONS": {},
    }


def _open(alias: str, url: str) -> None:
    connections.settings[alias] = _settings(url)
    with connections[alias].schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)


@pytest.fixture(scope="session", params=ALIASES)
def database(
    request, tmp_path_factory, django_db_blocker, django_db_setup
) -> Iterator[str]:
    """Alias of a database whose tables are empty at the start of each test."""
    alias = request.param
    if alias == "loaders_postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('loaders') / 'loaders.sqlite3'}"
    # The ORM finds relations backwards only between installed apps.
    installed = override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, "tests.testapp"]
    )
    installed.enable()
    with django_db_blocker.unblock():
        _open(alias, url)
    yield alias
    installed.disable()
    with django_db_blocker.unblock():
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


@pytest.fixture(autouse=True)
def alias(database, settings, django_db_blocker) -> Iterator[str]:
    """All queries of a test go to one of the two databases."""
    settings.DATABASE_ROUTERS = [OneDatabase(database)]
    with django_db_blocker.unblock():
        yield database
        Everything.tags.through._base_manager.all().delete()
        for model in reversed(MODELS):
            model._base_manager.all()._raw_delete(database)
