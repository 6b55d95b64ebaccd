"""The permissions of all resources, as rows of Django's own table; made by `manage.py migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as installed
from django.db import router
from django.utils.translation import override

from dataio.models.jobs import Job
from dataio.resources import Resource, registry
from dataio.rights import Right, codename

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

LONGEST_NAME = 255


def make_permissions(using: str = "default", **others: Any) -> None:
    """Add the permissions that are missing; names follow the resources. For `post_migrate`.

    Those of resources that are gone stay: whoever had them has them when they come back.
    """
    if not (
        installed.is_installed("django.contrib.auth")
        and router.allow_migrate_model(using, _permission())
    ):
        return
    _add_missing(using)


def _add_missing(using: str) -> None:
    rows, kind = _permission()._default_manager.using(using), _content_type(using)
    known = dict(rows.filter(content_type=kind).values_list("codename", "name"))
    wanted = _wanted()
    rows.bulk_create(
        [
            _permission()(content_type=kind, codename=code, name=name)
            for code, name in wanted.items()
            if code not in known
        ],
        ignore_conflicts=True,
    )
    for code, name in wanted.items():
        if known.get(code, name) != name:
            rows.filter(content_type=kind, codename=code).update(name=name)


def _wanted() -> dict[str, str]:
    """Return the names of all permissions by their codenames; in English, as Django's own."""
    with override(None):
        return {
            codename(right, resource.model): _name(right, resource)
            for resource in registry.all()
            for right in Right
        }


def _name(right: Right, resource: Resource) -> str:
    things = resource.verbose_name_plural
    what = f"imports of {things}" if right == Right.UNDO else things
    return f"May {right.value} {what}"[:LONGEST_NAME]


def _permission() -> type[Permission]:
    return installed.get_model("auth", "Permission")


def _content_type(using: str) -> Any:
    # Those of a resource's own model belong to the adopting project.
    kinds: Any = installed.get_model("contenttypes", "ContentType")
    return kinds.objects.db_manager(using).get_for_model(Job)
