"""The audit trail, for those who may see it: a page with filters, and the same as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataio.errors import NotPermitted
from dataio.jobs import audit as trail
from dataio.models import AuditAction, AuditEntry, AuditQuerySet, Job
from dataio.rights import may_audit
from dataio.web.audit import AuditFilter, ShownEntry, audit_head, audit_lines
from dataio.web.requests import PersonRequest
from dataio.web.sending import attached

PER_PAGE = 50
LINES = 2_000
NEWEST = 2**63 - 1


@require_safe
@never_cache
@login_required
def audit(request: PersonRequest) -> HttpResponse:
    """Who did what, newest first."""
    _require_auditor(request)
    form = AuditFilter(request.GET)
    found = form.narrow(AuditEntry.objects.all())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    ids = [one.job for one in page.object_list if one.job]
    seen = Job.objects.visible_to(request.user).filter(pk__in=ids)
    context = {
        "form": form,
        "page": page,
        "shown": [ShownEntry(one) for one in page.object_list],
        "jobs": set(seen.values_list("pk", flat=True)),
        "section": "audit",
    }
    return render(request, "dataio/audit.html", context)


@require_safe
@never_cache
@login_required
def audit_file(request: PersonRequest) -> HttpResponseBase:
    """The trail as CSV, narrowed as on the page; that it was taken is noted in it."""
    _require_auditor(request)
    found = AuditFilter(request.GET).narrow(AuditEntry.objects.all())
    name = _("Audit trail %(day)s.csv") % {"day": timezone.localdate().isoformat()}
    with transaction.atomic():
        trail.note(AuditAction.DOWNLOADED, about=name)
    kind = "text/csv; charset=utf-8"
    return attached(StreamingHttpResponse(_pieces(found), content_type=kind), name)


async def _pieces(found: AuditQuerySet) -> AsyncIterator[str]:
    # Page by page, each in a thread: the trail of years may be a million lines.
    yield audit_head()
    below = NEWEST
    while below:
        text, below = await sync_to_async(audit_lines)(found, below, LINES)
        yield text


def _require_auditor(request: PersonRequest) -> None:
    if not may_audit(request.user):
        raise NotPermitted(_("You may not see the audit trail."))
