"""Blank workbooks to fill in."""

from __future__ import annotations

import io

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataio.exports.blank import write_blank
from dataio.rights import Right
from dataio.web.requests import resource_or_404
from dataio.writers import FORMATS


@require_safe
@login_required
def template(request: HttpRequest, resource: str) -> HttpResponse:
    """The blank workbook of a resource: a header, notes and drop-downs."""
    found = resource_or_404(request, resource, Right.IMPORT)
    stream = io.BytesIO()
    write_blank(found, stream)
    name = _("%(things)s template") % {"things": capfirst(found.verbose_name_plural)}
    response = HttpResponse(
        stream.getvalue(), content_type=FORMATS["xlsx"].content_type
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"{name}.xlsx"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
