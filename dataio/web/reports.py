"""A saved report as the pages show it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.errors import DataioError, UnknownColumn
from dataio.exports.paths import path_column
from dataio.exports.permitted import may_view
from dataio.exports.select import ExportPlan
from dataio.jobs.permitting import may_run, may_share
from dataio.jobs.sharing import groups_for
from dataio.models import Job, JobState, SavedReport
from dataio.reports import reports as code_reports
from dataio.resources import Resource, registry
from dataio.web.code_reports import CodeReport
from dataio.web.export_query import plan_query
from dataio.web.sentences import Sentence, Sentences
from dataio.web.shown import ShownJob
from dataio.web.told import told
from dataio.writers import FORMATS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

RUNS = 20


class SharedFile(ShownJob):
    """Somebody else's run, of which this person may have the file and no more."""

    @property
    def url(self) -> str:
        return reverse("dataio:file", args=[self.job.pk])


class ShownReport:
    """One report for one person. `answers` is what was typed into its questions."""

    def __init__(
        self,
        report: SavedReport,
        user: AbstractBaseUser,
        answers: QueryDict | None = None,
    ) -> None:
        self.report = report
        self.user = user
        self.plan = ExportPlan.from_data(report.plan)
        self.answers = answers

    @property
    def is_mine(self) -> bool:
        return bool(self.report.owner_id == self.user.pk)

    @cached_property
    def resource(self) -> Resource | None:
        """The resource, None when the site has it no more."""
        found = [one for one in registry.all() if one.label == self.report.resource]
        return found[0] if found else None

    @property
    def things(self) -> str:
        resource = self.resource
        return resource.verbose_name_plural if resource else self.report.resource

    @property
    def format(self) -> str:
        return str(FORMATS[self.plan.format].label)

    @cached_property
    def may_run(self) -> bool:
        """Whether this person may run it; what it made for others they may have all the same."""
        return may_run(self.user, self.report)

    @cached_property
    def columns(self) -> list[str]:
        """The columns' names for people."""
        resource = self.resource
        if resource is None:
            return []
        paths = self.plan.columns or tuple(resource.columns)
        return [str(path_column(resource, path).label) for path in self._known(paths)]

    @cached_property
    def said(self) -> list[str]:
        """The filters in words."""
        return [told(one) for one in self._sentences.all] if self.resource else []

    @property
    def order(self) -> list[str]:
        """The order of the rows in words."""
        if self.resource is None:
            return []
        words = []
        known = self._known(tuple(one.removeprefix("-") for one in self.plan.sort))
        for one in self.plan.sort:
            if one.removeprefix("-") not in known:
                continue
            label = path_column(self.resource, one.removeprefix("-")).label
            words.append(f"{label} ↓" if one.startswith("-") else f"{label} ↑")
        return words

    @property
    def asked(self) -> list[Sentence]:
        """The filters whose values are asked for, with the saved ones in their fields."""
        if self.resource is None:
            return []
        return [one for one in self._sentences.can_ask if one.is_asked]

    @property
    def asks(self) -> bool:
        """Whether something is asked at each run."""
        return bool(self.asked or (self.code and self.code.form.fields))

    @property
    def edit_url(self) -> str:
        """Where what it holds is changed, "" where that cannot be."""
        if self.resource is None:
            return ""
        page = reverse("dataio:export", args=[self.resource.label])
        return f"{page}?export-report={self.report.pk}"

    @property
    def errors(self) -> list[str]:
        """What is wrong with the answers, or with the report by now."""
        if self.code:
            return self.code.errors
        if self.resource is None:
            return [_("What this report exports is not on this site any more.")]
        return [error for one in self._sentences.all for error in one.errors]

    @property
    def given(self) -> dict[str, Any]:
        """The answers: question -> texts, empty where nothing was typed."""
        if self.code:
            return self.code.given
        data = self.answers or QueryDict()
        names = [name for one in self.asked for name in one.names]
        return {name: [text for text in data.getlist(name) if text] for name in names}

    @property
    def jobs(self) -> list[ShownJob]:
        """The last runs that this person may see, the newest first, and files of others."""
        jobs = self.report.jobs.order_by("-created_at").select_related("owner")
        own = Q(pk__in=Job.objects.visible_to(self.user))
        made = Q(pk__in=Job.objects.downloadable_by(self.user), state=JobState.DONE)
        seen = Job.objects.visible_to(self.user).filter(report=self.report)
        visible = set(seen.values_list("pk", flat=True))
        return [
            ShownJob(job) if job.pk in visible else SharedFile(job)
            for job in jobs.filter(own | made)[:RUNS]
        ]

    @property
    def groups(self) -> list[tuple[Group, bool]]:
        """The groups this person may share with, each with whether it is shared."""
        return groups_for(self.report, self.user)

    @property
    def may_share(self) -> bool:
        """Whether this person may share at all."""
        return may_share(self.user, self.report.resource)

    @property
    def shared_with(self) -> str:
        return ", ".join(group.name for group in self.report.groups.all())

    @property
    def title(self) -> str:
        return str(self.code.report.name) if self.code else capfirst(self.things)

    @cached_property
    def code(self) -> CodeReport | None:
        """The code that makes it, None when people put it together or the code is gone."""
        label = self.report.code
        found = [one for one in code_reports.of_user(self.user) if one.label == label]
        return CodeReport(found[0], self.plan.answers, self.answers) if found else None

    @cached_property
    def _sentences(self) -> Sentences:
        resource = self.resource
        if resource is None:
            raise DataioError(
                _("What this report exports is not on this site any more.")
            )
        data = plan_query(self.plan, resource, self.report.questions)
        if self.answers is not None:
            for name in self.report.questions:
                data.setlist(name, self.answers.getlist(name))
        return Sentences(resource, data, self._may_view)

    def _may_view(self, path: str) -> bool:
        return self.resource is not None and may_view(self.resource, path, self.user)

    def _known(self, paths: tuple[str, ...]) -> list[str]:
        known = []
        for path in paths:
            try:
                if self._may_view(path):
                    known.append(path)
            except UnknownColumn:
                continue
        return known
