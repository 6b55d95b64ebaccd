"""What mails say, in plain words and as a page."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.mail import EmailMultiAlternatives
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.conf import settings
from dataio.errors import UnknownResource
from dataio.jobs import broadcast, files, notify, occurrences
from dataio.models import Job, JobState, Mail
from dataio.resources import registry


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """The words of a mail."""

    title: str
    sentences: list[str]
    link: str
    """A whole address; its page asks for a login."""
    link_words: str
    footer: str = ""
    attach: bool = False


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """Return the mail as it goes to the mail server, with its file when that is wanted.

    The Message-ID is the same however often it is made.
    """
    with translation.override(mail.job.language), _zone(mail.job):
        letter = _WRITERS[Mail.Kind(mail.kind)](mail.job)
        context = {"letter": letter, "language": mail.job.language}
        message = EmailMultiAlternatives(
            subject=" ".join(letter.title.split()),
            body=render_to_string("dataio/mail/letter.txt", context),
            to=[mail.recipient],
            headers=_headers(mail),
        )
        message.attach_alternative(
            render_to_string("dataio/mail/letter.html", context), "text/html"
        )
    path = files.result_path(mail.job) if letter.attach else None
    if path is not None:
        kind = files.content_type(mail.job)
        # As text, lines might be ended another way on the way.
        kind = "application/octet-stream" if kind.startswith("text/") else kind
        message.attach(mail.job.file_name, path.read_bytes(), kind)
    return message


def address(name: str, *arguments: Any) -> str:
    """Return the whole address of a page, for readers who are not on the site."""
    return settings.DATAIO_SITE_URL.rstrip("/") + reverse(name, args=arguments)


def _headers(mail: Mail) -> dict[str, str]:
    host = urlsplit(settings.DATAIO_SITE_URL).hostname or "localhost"
    headers = {
        "Message-ID": f"<{mail.job_id}.{mail.kind}.{mail.pk}@{host}>",
        "Auto-Submitted": "auto-generated",  # let no holiday notice answer
    }
    owner = notify.address_of(mail.job.owner)
    if mail.kind == Mail.Kind.REPORT and owner:
        headers["Reply-To"] = owner
    return headers


def _report(job: Job) -> Letter:
    """A report for the recipients of its schedule."""
    attach = _is_attached(job)
    size = filesizeformat(job.file_size)
    if attach:
        where = _("The file is attached. It can also be downloaded until %(until)s.")
    elif job.schedule is not None and job.schedule.attach:
        where = _(
            "At %(size)s it is too large for a mail. Download it until %(until)s."
        )
    else:
        where = _("Download it until %(until)s.")
    said = {"size": size, "until": _moment(job.kept_until)}
    return Letter(
        title=_name(job),
        sentences=[_rows(job), *job.notes, where % said],
        link=address("dataio:file", job.pk),
        link_words=_("Download %(file)s") % {"file": job.file_name},
        footer=_why(job),
        attach=attach,
    )


def _schedule_failed(job: Job) -> Letter:
    text = _('"%(report)s" could not be made')
    link = address("dataio:schedule", job.schedule_id)
    return Letter(
        title=text % {"report": _name(job)},
        sentences=[job.message, _("Nobody was mailed. The next run comes by itself.")],
        link=link,
        link_words=_("See the schedule"),
        footer=_why(job),
    )


def _import_finished(job: Job) -> Letter:
    failed = job.state == JobState.FAILED
    text = _("Import of %(things)s failed") if failed else _("%(things)s are imported")
    things = _things(job)
    title = text % {"things": things}
    return Letter(
        title=title[:1].upper() + title[1:],
        sentences=[job.file_name, job.message or broadcast.state_sentence(job)],
        link=address("dataio:job", job.pk),
        link_words=_("See what came out"),
        footer=_("You get this because your import took a while."),
    )


def _export_ready(job: Job) -> Letter:
    until = _("Download it until %(until)s.") % {"until": _moment(job.kept_until)}
    return Letter(
        title=_("%(file)s is ready") % {"file": job.file_name},
        sentences=[_rows(job), *job.notes, until],
        link=address("dataio:job", job.pk),
        link_words=_("Go to the file"),
        footer=_("You get this because your export took a while."),
    )


_WRITERS = {
    Mail.Kind.REPORT: _report,
    Mail.Kind.SCHEDULE_FAILED: _schedule_failed,
    Mail.Kind.IMPORT_FINISHED: _import_finished,
    Mail.Kind.EXPORT_READY: _export_ready,
}


def _is_attached(job: Job) -> bool:
    wanted = job.schedule is not None and job.schedule.attach
    small = job.file_size <= settings.DATAIO_MAX_ATTACHMENT_BYTES
    return wanted and small and files.result_path(job) is not None


def _name(job: Job) -> str:
    return job.report.name if job.report else job.file_name


def _things(job: Job) -> str:
    try:
        return registry.get(job.resource).verbose_name_plural
    except UnknownResource:
        return job.resource


def _rows(job: Job) -> str:
    text = ngettext(
        "%(rows)s row, written %(when)s.", "%(rows)s rows, written %(when)s.", job.rows
    )
    return text % {"rows": f"{job.rows:,}", "when": _moment(job.finished_at)}


def _zone(job: Job) -> AbstractContextManager[None]:
    """Tell times as the schedule does, else as the site does."""
    return timezone.override(job.schedule.time_zone if job.schedule else None)


def _moment(when: datetime | None) -> str:
    """Return a time with the name of its time zone."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    zone = timezone.get_current_timezone_name()
    return f"{date_format(local, 'DATE_FORMAT')}, {local:%H:%M} ({zone})"


def _why(job: Job) -> str:
    if job.schedule is None:
        return ""
    return _(
        "%(person)s has this report mailed %(when)s. Ask them if you want it no more."
    ) % {
        "person": job.schedule.owner.get_username(),
        "when": occurrences.words(job.schedule),
    }
