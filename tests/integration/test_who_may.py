"""Who gets what from every address of the site and every socket: one table for each.

A route that is not in the table fails the test, so nobody forgets to think about it.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.layers import channel_layers
from django.conf import settings as site_settings
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dataio.exports.select import ExportPlan
from dataio.imports.matching import propose_plan
from dataio.jobs import files, intake, reports, runner, sharing
from dataio.jobs import recipes as kept_recipes
from dataio.jobs import schedules as kept_schedules
from dataio.models import Job, Schedule
from dataio.resources import registry
from dataio.web.routing import websocket_urlpatterns
from project.shop.models import Category

PRODUCT = "shop.product"
ROLES = ("anonymous", "stranger", "colleague", "admin", "owner")
"""Somebody without a name; with one, but no right; in the owner's group, with all rights of
products; a superuser; who made it all. In an order in which nobody spoils it for the next."""

# "login" is a redirect to the login page, "go" one to any other page of this site; "any" is
# what machines are told of this process, 200 or 503.
TABLE = """
route           with          anonymous stranger colleague admin owner
home            GET           login     200      200       200   200
healthz         GET           any       any      any       any   any
readyz          GET           any       any      any       any   any
upload          POST          login     go       go        go    go
upload          POST-file     login     go       go        go    go
map             GET-draft     login     404      404       200   200
map             POST-draft    login     404      404       422   422
recipes         GET           login     200      200       200   200
recipe          GET           login     404      200       404   200
recipe          POST          login     404      go        404   go
save_recipe     POST-done     login     404      404       go    go
review          GET-checked   login     404      404       200   200
review          POST-checked  login     404      404       go    go
conflicts       POST-checked  login     404      404       go    go
reopen          POST-checked  login     404      404       go    go
changes         GET-checked   login     404      404       200   200
difference      GET-checked   login     404      404       200   200
fix             GET-checked   login     404      404       200   200
rejected        GET-checked   login     404      404       200   200
decide          POST-checked  login     404      404       go    go
take_back       POST-checked  login     404      404       go    go
marked          POST-checked  login     404      404       go    go
schedules       GET           login     200      200       200   200
schedule        GET           login     404      404       404   200
schedule        POST          login     404      404       404   go
edit_schedule   GET           login     404      404       404   200
edit_schedule   POST          login     404      404       404   422
new_schedule    GET-report    login     404      200       404   200
new_schedule    POST-report   login     404      422       404   422
export          GET-product   login     403      200       200   200
export          POST-product  login     403      go        go    go
save_report     POST-product  login     403      422       422   422
reports         GET           login     200      200       200   200
report          GET           login     404      200       404   200
report          POST          login     404      go        404   go
code_report     GET           login     404      404       200   404
code_report     POST          login     404      404       422   404
run_report      POST          login     404      go        404   go
template        GET-product   login     403      200       200   200
audit           GET           login     403      403       200   403
audit_file      GET           login     403      403       200   403
jobs            GET           login     200      200       200   200
cancel_chosen   POST          login     go       go        go    go
job             GET-done      login     404      404       200   200
job_row         GET-done      login     404      404       200   200
status          GET-done      login     404      404       200   200
undo            GET-done      login     404      404       200   200
undo            POST-done     login     404      404       go    go
receipt         GET-done      login     404      404       200   200
cancel          POST-done     login     404      404       go    go
again           POST-done     login     404      404       go    go
problems        GET-done      login     404      404       200   200
file            GET-export    login     404      404       200   200
file            GET-shared    login     404      200       200   200
download        GET-export    login     404      404       200   200
download        GET-shared    login     404      200       200   200
login           GET           200       go       go        go    go
login           POST          200       go       go        go    go
logout          POST          login     login    login     login login
admin           GET           go        go       go        200   go
"""

SOCKETS = """
route                         anonymous stranger colleague admin owner
ws/dataio/jobs/               refused   open     open      open  open
ws/dataio/jobs/<uuid:job_id>/ refused   refused  refused   open  open
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """What alice, the owner, has made; and who else is there."""

    people: dict[str, User | None]
    jobs: dict[str, Job]
    numbers: dict[str, int]
    """Primary keys of the recipe, the report and the schedule."""

    def client(self, role: str, **how: Any) -> Client:
        client = Client(**how)
        person = self.people[role]
        if person is not None:
            client.force_login(person)
        return client

    def address(self, route: str, hint: str) -> str:
        """Return the route's address for what is meant by the hint."""
        if route == "admin":
            return reverse("admin:index")
        if route in ("login", "logout"):
            return reverse(route)
        if hint in self.jobs:
            return reverse(f"dataio:{route}", args=[self.jobs[hint].pk])
        if hint == "product":
            return reverse(f"dataio:{route}", args=[PRODUCT])
        if route == "code_report":
            return reverse("dataio:code_report", args=["shop.sales"])
        names = {"edit_schedule": "schedule", "run_report": "report"}
        name = hint or names.get(route, route)
        number = [self.numbers[name]] if name in self.numbers else []
        return reverse(f"dataio:{route}", args=number)


def workbook(*rows: list[Any]) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for cells in [["SKU", "Name", "Category", "Price", "Quantity", "Created"], *rows]:
        book.active.append(cells)
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile("products.xlsx", stream.getvalue())


def row(number: int) -> list[Any]:
    return [f"A-{number}", f"Thing {number}", "Tools", 1.5, 1, "2024-02-01"]


def imported(owner: User, *rows: list[Any], **changes: Any) -> Job:
    job = intake.receive_upload(owner, workbook(*rows))
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(**changes), send=False)
    return run(job)


def run(job: Job) -> Job:
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def give(person: User, *rights: str) -> None:
    names = [f"{right}_shop_product" for right in rights]
    person.user_permissions.add(*Permission.objects.filter(codename__in=names))


@pytest.fixture
def world(settings, monkeypatch) -> World:
    settings.DATAIO_EVERYBODY_MAY = []
    # Nothing is left to workers, and no broker is looked for.
    monkeypatch.setattr("dataio.jobs.queue.enqueue", lambda job_id: None)
    Category.objects.create(name="Tools")
    group = Group.objects.create(name="Buyers")
    people: dict[str, User | None] = {
        "anonymous": None,
        "stranger": User.objects.create_user("charlie"),
        "colleague": User.objects.create_user("bob"),
        "admin": User.objects.create_superuser("root"),
        "owner": User.objects.create_user("alice", "alice@example.com"),
    }
    alice, bob = people["owner"], people["colleague"]
    assert alice is not None and bob is not None
    for person in (alice, bob):
        give(person, "import", "export", "undo", "share")
        person.groups.add(group)
    plan = ExportPlan(resource=PRODUCT, format="csv")
    report = reports.save(alice, "Stock", plan)
    sharing.share(report, alice, [group])
    schedule = Schedule(
        report=report,
        owner=alice,
        at=dt.time(7),
        time_zone="UTC",
        recipients=["alice@example.com"],
    )
    kept_schedules.save(schedule)
    jobs = {
        "draft": intake.receive_upload(alice, workbook(row(1))),
        "done": imported(alice, row(2), row(3)),
        "checked": imported(alice, row(4), ["", "", "No", "x"], check_first=True),
        "export": run(intake.create_export(alice, plan, "mine.csv", send=False)),
        "shared": run(reports.run_report(report, alice, {})),
    }
    recipe = kept_recipes.save_from_job(alice, "Products", jobs["done"])
    sharing.share(recipe, alice, [group])
    numbers = {"report": report.pk, "schedule": schedule.pk, "recipe": recipe.pk}
    return World(people=people, jobs=jobs, numbers=numbers)


def lines_of(table: str) -> Iterator[list[str]]:
    yield from (line.split() for line in table.strip().splitlines()[1:])


def routes(resolver: URLResolver | None = None) -> Iterator[str]:
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            yield str(one.name)
        elif one.app_name == "admin":
            yield "admin"
        else:
            yield from routes(one)


async def read(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer])


def asked(world: World, client: Client, route: str, how: str) -> str:
    """Ask as the table says; return what came of it in the table's words."""
    method, _, hint = how.partition("-")
    data: dict[str, Any] = {}
    if hint == "file":
        data = {"file": workbook(row(9))}
    address = world.address(route, hint if hint != "file" else "")
    with transaction.atomic():  # and nothing of it stays for the next person
        answer: Any = (
            client.get(address) if method == "GET" else client.post(address, data)
        )
        if answer.streaming:
            async_to_sync(read)(answer)
        transaction.set_rollback(True)
    if route in ("healthz", "readyz") and answer.status_code in (200, 503):
        return "any"
    if answer.status_code != 302:
        return str(answer.status_code)
    return "login" if answer.url.startswith("/login/") else "go"


def test_every_route_is_in_the_table():
    assert {line[0] for line in lines_of(TABLE)} == set(routes())
    sockets = {str(one.pattern) for one in websocket_urlpatterns}
    assert {line[0] for line in lines_of(SOCKETS)} == sockets


@pytest.mark.django_db
def test_every_route_answers_each_person_as_the_table_says(world: World):
    expected, found = {}, {}
    for route, how, *answers in lines_of(TABLE):
        for role, answer in zip(ROLES, answers, strict=True):
            expected[route, how, role] = answer
            found[route, how, role] = asked(world, world.client(role), route, how)
    wrong = {
        key: (found[key], wanted)
        for key, wanted in expected.items()
        if found[key] != wanted
    }
    assert wrong == {}, "found, expected"


@pytest.mark.django_db
def test_nothing_is_done_without_the_token_of_the_form(world: World):
    """For who may do it all: another site cannot let a browser do it."""
    client = world.client("admin", enforce_csrf_checks=True)
    answers = {
        (route, how): asked(world, client, route, how)
        for route, how, *_answers in lines_of(TABLE)
        if how.startswith("POST")
    }
    assert set(answers.values()) == {"403"}, answers


@pytest.mark.django_db
def test_files_are_attachments_that_no_browser_guesses_about(world: World):
    client = world.client("admin")
    addresses = [
        world.address("download", "export"),
        world.address("difference", "checked"),
        world.address("problems", "checked") + "?format=csv",
        world.address("template", "product"),
        world.address("audit_file", ""),
    ]
    for address in addresses:
        answer: Any = client.get(address)
        assert answer["Content-Disposition"].startswith("attachment"), address
        assert answer["X-Content-Type-Options"] == "nosniff", address
        if answer.streaming:
            async_to_sync(read)(answer)


@pytest.mark.django_db
def test_every_page_forbids_frames_and_scripts_of_its_own(world: World):
    client = world.client("owner")
    for route, how, *answers in lines_of(TABLE):
        if how.startswith("GET") and answers[-1] == "200":
            hint = how.partition("-")[2]
            answer: Any = client.get(world.address(route, hint))
            policy = answer["Content-Security-Policy"]
            assert "default-src 'self'" in policy, route
            assert "frame-ancestors 'none'" in policy, route
            assert "unsafe" not in policy, route
            assert answer["X-Frame-Options"] == "DENY", route
            assert answer["X-Content-Type-Options"] == "nosniff", route
            assert answer["Referrer-Policy"] == "same-origin", route
            if answer.streaming:
                async_to_sync(read)(answer)
            elif "html" in answer["Content-Type"]:
                text = answer.content.decode()
                assert " style=" not in text and "<style" not in text, route
                assert "<script>" not in text and " onclick=" not in text, route


@pytest.fixture
def live(redis_url, settings) -> Iterator[None]:
    """Sockets on the embedded Redis server."""
    settings.DATAIO_REDIS_URL = redis_url
    layer = site_settings.CHANNEL_LAYERS["default"]
    hosts = {"hosts": [redis_url]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": hosts}}
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


async def knocked(path: str, client: Client, origin: str) -> str:
    """Open a socket as a browser does; return whether it opened."""
    from project.asgi import application

    cookie = client.cookies.output(attrs=[], header="", sep=";").strip()
    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "subprotocols": [],
        "headers": [
            (b"origin", origin.encode()),
            (b"host", b"testserver"),
            (b"cookie", cookie.encode()),
        ],
    }
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=20)
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=20)
    return "open" if answer["type"] == "websocket.accept" else "refused"


@pytest.mark.django_db(transaction=True)
def test_every_socket_answers_each_person_as_the_table_says(world: World, live: None):
    expected, found = {}, {}
    for route, *answers in lines_of(SOCKETS):
        path = "/" + route.replace("<uuid:job_id>", str(world.jobs["done"].pk))
        for role, answer in zip(ROLES, answers, strict=True):
            expected[route, role] = answer
            knock = async_to_sync(knocked)
            found[route, role] = knock(path, world.client(role), "http://testserver")
    assert found == expected


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://testserver:8001", "null"]
)
def test_a_socket_refuses_the_pages_of_other_sites(
    world: World, live: None, origin: str
):
    client = world.client("owner")
    answer = async_to_sync(knocked)("/ws/dataio/jobs/", client, origin)
    assert answer == "refused"
