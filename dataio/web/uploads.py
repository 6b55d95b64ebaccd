"""What is said of uploads that are too large."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from dataio.conf import settings


def too_large_sentence() -> str:
    return _("The file is larger than %(limit)s, the most that is allowed.") % {
        "limit": filesizeformat(settings.DATAIO_MAX_UPLOAD_BYTES)
    }
