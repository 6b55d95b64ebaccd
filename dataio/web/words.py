"""How long, and why it waits, in words."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.jobs import queue, turns
from dataio.models import Job

# A worker that is just starting needs a moment before its absence is worth a word.
PATIENCE = timedelta(seconds=3)
WORKERS_KEY, WORKERS_SECONDS = "dataio:workers-seen", 5


def waiting_words(job: Job) -> str:
    """Return why a job waits."""
    patient = job.accepted_at and timezone.now() - job.accepted_at < PATIENCE
    if not patient and not _workers_seen(job):
        return _(
            "No worker is running. Ask whoever looks after this site; your job is kept and starts by itself."
        )
    before = turns.place(job)
    if not before:
        return _("Yours is next")
    text = ngettext("%(count)s job before yours", "%(count)s jobs before yours", before)
    return text % {"count": before}


def duration_words(seconds: float) -> str:
    """Return a length of time in words."""
    if seconds < 1:
        return _("less than a second")
    if seconds < 90:
        whole = round(seconds)
        return ngettext("%(count)d second", "%(count)d seconds", whole) % {
            "count": whole
        }
    minutes = round(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {
        "count": minutes
    }


def _workers_seen(job: Job) -> bool:
    # Asking takes a second, and every waiting page asks. Short jobs have workers of their own.
    key = f"{WORKERS_KEY}:{queue.is_short(job)}"
    seen = cache.get(key)
    if seen is None:
        seen = queue.workers_seen(job)
        cache.set(key, seen, WORKERS_SECONDS)
    return bool(seen)


def grouped(number: int) -> str:
    """Return a number as people read it: 12,345."""
    return number_format(number, use_l10n=True, force_grouping=True)


def whole_number(text: str) -> int:
    """Return the number that an address says; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 12 else 0
