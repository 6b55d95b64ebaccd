"""What is said of uploads that are too large."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dataio.conf import settings


def size_words(size: int) -> str:
    """Return a round size without a useless ".0"."""
    megabytes = size // (1024 * 1024)
    return _("%(size)d MB") % {"size": megabytes} if megabytes else filesizeformat(size)


def too_large_sentence() -> str:
    """Return why a file is refused."""
    return _("The file is larger than %(limit)s, the most that is allowed.") % {
        "limit": size_words(settings.DATAIO_MAX_UPLOAD_BYTES)
    }
