"""Sending the mails of the outbox: each at most once, tried again only while that is certain.

A row goes WAITING -> SENDING by an update that must change exactly one row, just before the
mail is handed over; so of two workers with the same task one sends. A mail server that is
away, or that refuses for now, has not taken the mail: the row waits again, longer each time.
A connection or a worker that dies during the handing over leaves open whether it has: such
a mail is not tried again, and the page of its job says so.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.core.mail import EmailMessage, get_connection
from django.db import OperationalError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.jobs import letters, queue
from dataio.models import Mail, Schedule

logger = logging.getLogger(__name__)

RESEND_SECONDS = 120
"""A mail that the broker took and no worker tried is given to it again."""
LOST_SECONDS = 900
"""A mail that is being sent for so long is sent by nobody any more."""


class NotTaken(Exception):
    """The mail server has not taken the mail; the text says why.

    `for_good`: trying again would change nothing.
    """

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


def send(mail_id: int) -> int | None:
    """Send a waiting mail, if nobody else does.

    Returns the seconds after which to try again; None when there is nothing left to do.
    """
    waiting = Mail.objects.filter(state=Mail.State.WAITING, due_at__lte=timezone.now())
    found = waiting.select_related("job__report", "job__schedule__owner", "job__owner")
    mail = found.filter(pk=mail_id).first()
    if mail is None:
        return None
    try:
        message = letters.message_of(mail)
    except OperationalError:
        raise  # the database is away or busy: Celery runs the task again
    except Exception:
        logger.exception("A mail could not be written", extra={"action": "mail_failed"})
        _fail(mail, Mail.State.WAITING, _("The mail could not be written."))
        return None
    return _hand_over(mail, message) if _claim(mail) else None


def drain() -> None:
    """Give mails to the broker again that it lost; give up those whose worker is gone."""
    now = timezone.now()
    idle = Q(touched_at=None) | Q(
        touched_at__lt=now - timedelta(seconds=RESEND_SECONDS)
    )
    due = Mail.objects.filter(idle, state=Mail.State.WAITING, due_at__lte=now)
    for mail_id in due.values_list("pk", flat=True):
        queue.send_mail(mail_id)
    lost = Mail.objects.filter(
        state=Mail.State.SENDING, touched_at__lt=now - timedelta(seconds=LOST_SECONDS)
    )
    for mail in lost.select_related("job"):
        _fail(mail, Mail.State.SENDING, _unknown())


def _claim(mail: Mail) -> bool:
    waiting = Mail.objects.filter(pk=mail.pk, state=Mail.State.WAITING)
    return bool(
        waiting.update(
            state=Mail.State.SENDING,
            attempts=F("attempts") + 1,
            touched_at=timezone.now(),
        )
    )


def _hand_over(mail: Mail, message: EmailMessage) -> int | None:
    try:
        _deliver(message)
    except NotTaken as error:
        return _later(mail, str(error), for_good=error.for_good)
    except Exception:
        logger.exception("A mail may be lost", extra={"action": "mail_failed"})
        _fail(mail, Mail.State.SENDING, _unknown())
        return None
    sending = Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING)
    sending.update(state=Mail.State.SENT, sent_at=timezone.now(), error="")
    return None


def _deliver(message: EmailMessage) -> None:
    """Hand the mail to the mail server. Raises NotTaken when that has certainly not happened."""
    connection = get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(_reason(error)) from error
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        answers = [code for code, _text in error.recipients.values()]
        raise NotTaken(_reason(error), for_good=min(answers) >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise NotTaken(_reason(error), for_good=error.smtp_code >= 500) from error
    finally:
        _close(connection)


def _close(connection: object) -> None:
    try:
        connection.close()  # type: ignore[attr-defined]
    except (smtplib.SMTPException, OSError):
        logger.debug("The mail server did not say goodbye", exc_info=True)


def _later(mail: Mail, error: str, *, for_good: bool) -> int | None:
    """Let a mail wait for its next try; return after how many seconds, None if there is none."""
    mail.refresh_from_db()
    pauses = settings.DATAIO_MAIL_RETRY_SECONDS
    if for_good or mail.attempts > len(pauses):
        _fail(mail, Mail.State.SENDING, error)
        return None
    pause = pauses[mail.attempts - 1]
    due_at = timezone.now() + timedelta(seconds=pause)
    Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING).update(
        state=Mail.State.WAITING, error=error, due_at=due_at
    )
    return pause


def _fail(mail: Mail, state: Mail.State, error: str) -> None:
    rows = Mail.objects.filter(pk=mail.pk, state=state)
    if not rows.update(state=Mail.State.FAILED, error=error):
        return
    logger.warning(
        "A mail was not sent", extra={"action": "mail_failed", "job": str(mail.job_id)}
    )
    # Whoever did not get this file wants the next one, though it may be the same.
    if mail.kind == Mail.Kind.REPORT and mail.job.schedule_id is not None:
        sent = Schedule.objects.filter(pk=mail.job.schedule_id)
        sent.filter(digest=mail.job.file_hash).update(digest="")


def _reason(error: Exception) -> str:
    """Return in words why the mail server did not take a mail, with its own answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = "; ".join(_text(reply) for _code, reply in error.recipients.values())
        return _("The mail server refuses the address: %(answer)s") % {
            "answer": answers
        }
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server refuses the name or password of this site.")
    if isinstance(error, smtplib.SMTPResponseException):
        answer = _text(error.smtp_error)
        return _("The mail server refuses the mail: %(answer)s") % {"answer": answer}
    return _("The mail server does not answer.")


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


def _unknown() -> str:
    return _(
        "The connection ended while the mail was handed over, so it may have arrived or "
        "not. It is not sent again by itself."
    )
