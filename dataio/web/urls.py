"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from dataio.web.views import (
    exports,
    files,
    fix,
    health,
    home,
    imports,
    jobs,
    receipts,
    recipes,
    results,
    review,
    templates,
    schedules,
    undo,
)

app_name = "dataio"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("imports/new/", imports.upload, name="upload"),
    path("imports/<uuid:job_id>/map/", imports.map_columns, name="map"),
    path("recipes/", recipes.recipes, name="recipes"),
    path("recipes/<int:pk>/", recipes.recipe, name="recipe"),
    path("imports/<uuid:job_id>/recipe/", recipes.save_recipe, name="save_recipe"),
    path("imports/<uuid:job_id>/review/", review.review, name="review"),
    path("imports/<uuid:job_id>/conflicts/", review.conflicts, name="conflicts"),
    path("imports/<uuid:job_id>/reopen/", review.reopen, name="reopen"),
    path("imports/<uuid:job_id>/changes/", review.changes, name="changes"),
    path("imports/<uuid:job_id>/difference/", review.difference, name="difference"),
    path("imports/<uuid:job_id>/fix/", fix.fix, name="fix"),
    path("imports/<uuid:job_id>/rejected/", fix.rejected, name="rejected"),
    path("imports/<uuid:job_id>/decide/", fix.decide, name="decide"),
    path("imports/<uuid:job_id>/take-back/", fix.take_back, name="take_back"),
    path("imports/<uuid:job_id>/marked/", fix.marked, name="marked"),
    path("export/<str:resource>/", exports.export, name="export"),
    path("schedules/", schedules.schedules, name="schedules"),
    path("schedules/<int:pk>/", schedules.schedule, name="schedule"),
    path("schedules/<int:pk>/edit/", schedules.edit_schedule, name="edit_schedule"),
    path("reports/<int:pk>/mail/", schedules.new_schedule, name="new_schedule"),
    path("export/<str:resource>/template/", templates.template, name="template"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/cancel/", jobs.cancel_chosen, name="cancel_chosen"),
    path("jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("jobs/<uuid:job_id>/row/", jobs.job_row, name="job_row"),
    path("jobs/<uuid:job_id>/status/", jobs.status, name="status"),
    path("jobs/<uuid:job_id>/undo/", undo.undo, name="undo"),
    path("jobs/<uuid:job_id>/receipt/", receipts.receipt, name="receipt"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/problems/", results.problems, name="problems"),
    path("jobs/<uuid:job_id>/file/", files.file, name="file"),
    path("jobs/<uuid:job_id>/download/", files.download, name="download"),
]
