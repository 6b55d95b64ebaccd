"""Rights: what a person may do with a resource, as permissions of Django.

For each resource there are four, on dataio's own app label, so that `user.has_perm` and the admin
know them: `dataio.import_shop_product`, `dataio.export_shop_product`, `dataio.undo_shop_product`,
`dataio.share_shop_product`. `manage.py migrate` adds those of new resources.

Django's own add, change, delete and view are not asked: to look at a record, and to take all
of them home or to write a thousand at once, are two things. Who wants them to count overrides
`Resource.may`. Superusers may do all; `DATAIO_EVERYBODY_MAY` gives rights to whoever is signed in.
`dataio.view_audit` lets somebody see the audit trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db.models import Model, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dataio.conf import settings
from dataio.errors import NotPermitted

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

APP = "dataio"


class Right(TextChoices):
    """What can be done with a resource."""

    IMPORT = "import", gettext_lazy("import")
    EXPORT = "export", gettext_lazy("export")
    UNDO = "undo", gettext_lazy("undo")  # imports of their own
    SHARE = "share", gettext_lazy("share")  # with groups, and by mail


class Guarded(Protocol):
    """What has rights: a resource."""

    @property
    def verbose_name_plural(self) -> str: ...

    def may(self, user: AbstractBaseUser | AnonymousUser, right: Right) -> bool: ...


def codename(right: Right, model: type[Model]) -> str:
    """Return the permission's name in the database, such as "import_shop_product"."""
    return f"{right.value}_{model._meta.app_label}_{model._meta.model_name}"


def holds(
    user: AbstractBaseUser | AnonymousUser, right: Right, model: type[Model]
) -> bool:
    """Return whether a person was given a right."""
    if not (user.is_authenticated and user.is_active):
        return False
    if everybody_may(right):
        return True
    # A project's own user model need not know permissions; then nobody has any.
    has_perm = getattr(user, "has_perm", None)
    return bool(has_perm and has_perm(f"{APP}.{codename(right, model)}"))


def everybody_may(right: Right) -> bool:
    """Return whether the settings give a right to whoever is signed in."""
    return right.value in settings.DATAIO_EVERYBODY_MAY


def may(user: AbstractBaseUser | None, right: Right, resource: Guarded) -> bool:
    """Return whether a person may do this with a resource: the one rule.

    `user`: None is the terminal, which may do all.
    """
    return user is None or resource.may(user, right)


def may_audit(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether a person may see who did what: everybody's doings, not the data."""
    has_perm = getattr(user, "has_perm", None)
    return bool(user.is_active and has_perm and has_perm(f"{APP}.view_audit"))


def require(user: AbstractBaseUser | None, right: Right, resource: Guarded) -> None:
    """Raise NotPermitted with a sentence, unless the person may do this."""
    if not may(user, right, resource):
        raise NotPermitted(refusal(right, resource))


def refusal(right: Right, resource: Guarded) -> str:
    """Return what to tell whoever may not do this."""
    sentences = {
        Right.IMPORT: _("You may not import %(things)s."),
        Right.EXPORT: _("You may not export %(things)s."),
        Right.UNDO: _("You may not undo imports of %(things)s."),
        Right.SHARE: _("You may not share %(things)s with others."),
    }
    return sentences[right] % {"things": resource.verbose_name_plural}
