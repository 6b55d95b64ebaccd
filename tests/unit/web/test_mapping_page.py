"""The mapping page: formats, questions, joins, splits, values for all rows, recipes."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dataio.imports.plan import ImportPlan, Join, Split
from dataio.jobs import intake, queue, recipes
from dataio.jobs.files import peek_of
from dataio.models import Fix, Job, JobState, Recipe
from dataio.resources import Resource, registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db
FILE = "SKU;Name;Kind;Price;Created\nA1;Saw;Tools;1.234;03/04/2024\nA2;Axe;Tools;5;06/07/2024\n"
FORM = {
    "column-0": "sku",
    "column-1": "name",
    "column-2": "category",
    "column-3": "price",
    "column-4": "created",
    "mode": "upsert",
    "key": "sku",
    "resource": "shop.product",
}
ANSWERS = {"decimal-3": ",", "date_order-4": "DMY"}


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="x")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", password="x")


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The jobs given to the broker, which is not there."""
    given: list[Any] = []
    monkeypatch.setattr(queue, "enqueue", given.append)
    return given


def uploaded(owner: User, text: str = FILE) -> Job:
    return intake.receive_upload(owner, SimpleUploadedFile("goods.csv", text.encode()))


def shown(client: Client, job: Job, **query: str) -> str:
    answer = client.get(f"/imports/{job.pk}/map/", query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def posted(client: Client, job: Job, **form: str) -> Any:
    return client.post(f"/imports/{job.pk}/map/", form)


def test_it_asks_what_the_values_leave_open(signed_in, alice):
    page = shown(signed_in, uploaded(alice), resource="shop.product")

    assert '"1.234": is it 1234 or 1.234?' in page
    assert '"03/04/2024": is the day or the month in front?' in page


def test_it_does_not_start_before_the_answer(signed_in, alice, sent):
    job = uploaded(alice)

    answer = posted(signed_in, job, **FORM)

    assert answer.status_code == 422
    assert 'Price: "1.234": is it 1234 or 1.234?' in html.unescape(
        answer.content.decode()
    )
    job.refresh_from_db()
    assert (job.state, sent) == (JobState.DRAFT, [])


def test_it_starts_with_the_answers(signed_in, alice, sent):
    job = uploaded(alice)

    answer = posted(signed_in, job, **FORM, **ANSWERS)

    assert answer["Location"] == f"/imports/{job.pk}/review/"
    job.refresh_from_db()
    plan = ImportPlan.from_data(job.plan)
    assert (plan.formats["price"].decimal, plan.formats["created"].date_order) == (
        ",",
        "DMY",
    )
    assert job.state == JobState.WAITING


def test_it_shows_how_examples_are_read(signed_in, alice):
    job = uploaded(alice)

    answer = posted(signed_in, job, action="preview", **FORM, **ANSWERS)

    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "<q>1.234</q> → <strong>1234</strong>" in page
    assert "<q>03/04/2024</q> → <strong>April 3, 2024</strong>" in page
    job.refresh_from_db()
    assert job.state == JobState.DRAFT


def test_it_proposes_what_stands_between_several_fields(signed_in, alice, monkeypatch):
    product = type(
        "ByTwo",
        (Resource,),
        {"model": Product, "lookups": {"category": ("name", "id")}},
    )
    monkeypatch.setitem(registry._resources, "shop.product", product())
    job = uploaded(alice, "Code;First;Second\n1;a;2\n")
    form = {"column-0": "sku", "column-1": "category", "column-2": "category"}

    answer = posted(signed_in, job, action="preview", resource="shop.product", **form)

    page = " ".join(html.unescape(answer.content.decode()).split())
    assert 'name="glue-category" value=" / "' in page
    assert 'name="glue-name" value=" "' in page


def test_it_joins_splits_and_fills(signed_in, alice):
    Category.objects.create(name="Garden")
    job = uploaded(alice, "Code;First;Second;Both\n1;a;b;x-y\n")
    form = {
        "column-0": "sku",
        "column-1": "name",
        "column-2": "name",
        "join-name": "yes",
        "glue-name": " / ",
        "column-3": "*split",
        "part-a-3": "notes",
        "part-b-3": "supplier_email",
        "between-3": "-",
        "fill-category": " Garden ",
        "fill-price": "5",
        "mode": "create",
        "resource": "shop.product",
    }

    answer = posted(signed_in, job, **form)

    assert answer.status_code == 302
    job.refresh_from_db()
    plan = ImportPlan.from_data(job.plan)
    assert plan.mapping == {"Code": "sku"}
    assert plan.joins == {"name": Join(headers=("First", "Second"), separator=" / ")}
    assert plan.splits == {
        "Both": Split(columns=("notes", "supplier_email"), separator="-")
    }
    assert plan.constants == {"category": "Garden", "price": "5"}


def test_two_headers_for_one_column_have_to_be_joined(signed_in, alice):
    job = uploaded(alice, "Code;First;Second\n1;a;b\n")
    form = {"column-0": "sku", "column-1": "name", "column-2": "name"}

    answer = posted(signed_in, job, **form, resource="shop.product")

    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert (
        '"First" and "Second" both become Name. Choose one of them, or join them.'
        in page
    )


def test_a_fixed_value_that_cannot_be_is_refused(signed_in, alice):
    job = uploaded(alice, "Code;Name\n1;a\n")
    form = {"column-0": "sku", "column-1": "name", "fill-price": "cheap"}

    answer = posted(
        signed_in, job, **form, **{"fill-category": "?"}, resource="shop.product"
    )

    page = html.unescape(answer.content.decode())
    assert '"Price" for all rows: "cheap" is not a number.' in page
    assert 'value="cheap"' in page


def saved(signed_in: Client, alice: User, **form: str) -> Recipe:
    posted(
        signed_in,
        uploaded(alice),
        **FORM,
        **ANSWERS,
        action="save",
        recipe_name="Monthly list",
        **form,
    )
    return Recipe.objects.get()


def test_a_recipe_is_saved_and_applied_to_the_same_header(signed_in, alice):
    recipe = saved(signed_in, alice)
    assert recipe.headers == ["SKU", "Name", "Kind", "Price", "Created"]

    other = uploaded(alice, "Name;SKU;Created;Price;Kind\nSaw;B1;03/04/2024;1.234;x\n")
    page = shown(signed_in, other)

    assert "Recipe <strong>Monthly list</strong> was applied." in page
    assert page.count("From the recipe") == 5
    assert "Hidden sheet" not in page
    assert "Recipe <strong>" not in shown(signed_in, other, recipe="no")
    assert "Recipe <strong>" not in shown(signed_in, uploaded(alice, "A;B\n1;2\n"))


def test_the_job_knows_its_recipe_and_its_decisions(signed_in, alice):
    recipe = saved(signed_in, alice)
    recipe.fixes = [
        {
            "column": "category",
            "value": "x",
            "action": "replace",
            "replacement": "Tools",
        },
        {"column": "gone", "value": "x", "action": "skip", "replacement": ""},
    ]
    recipe.save()
    job = uploaded(alice)

    posted(signed_in, job, **FORM, **ANSWERS, recipe=str(recipe.pk))

    job.refresh_from_db()
    assert job.recipe == recipe
    assert list(job.fixes.values_list("column", "value", "action", "replacement")) == [
        ("category", "x", "replace", "Tools")
    ]


def test_saving_again_makes_a_version_that_can_be_brought_back(signed_in, alice):
    recipe = saved(signed_in, alice)
    saved(signed_in, alice, atomic="yes")
    recipe.refresh_from_db()
    assert (recipe.version, recipe.plan["atomic"]) == (2, True)

    signed_in.post(f"/recipes/{recipe.pk}/", {"action": "restore", "version": "1"})

    recipe.refresh_from_db()
    assert (recipe.version, recipe.plan["atomic"]) == (3, False)
    assert [one["version"] for one in recipe.history] == [1, 2]


def test_saving_the_same_again_changes_nothing(signed_in, alice):
    saved(signed_in, alice)

    assert saved(signed_in, alice).version == 1


def test_a_recipe_needs_a_name(signed_in, alice):
    answer = posted(signed_in, uploaded(alice), **FORM, action="save", recipe_name="  ")

    assert answer.status_code == 422
    assert "Give the recipe a name." in answer.content.decode()


def test_a_recipe_from_a_job_keeps_what_was_decided(signed_in, alice):
    job = uploaded(alice)
    posted(signed_in, job, **FORM, **ANSWERS)
    decision = {"column": "category", "value": "x", "action": "blank"}
    Fix.objects.create(job=job, **decision)
    Fix.objects.create(job=job, column="price", row=3, action="blank")

    answer = signed_in.post(f"/imports/{job.pk}/recipe/", {"name": "Kept"})

    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert Recipe.objects.get(name="Kept").fixes == [decision | {"replacement": ""}]


def test_strangers_find_no_recipe(signed_in, client, alice, bob):
    recipe = saved(signed_in, alice)
    client.force_login(bob)

    for answer in (
        client.get(f"/recipes/{recipe.pk}/"),
        client.post(f"/recipes/{recipe.pk}/", {"action": "delete"}),
    ):
        assert answer.status_code == 404
    assert "Monthly list" not in client.get("/recipes/").content.decode()
    assert recipes.find(bob, _peek(bob)) is None
    assert Recipe.objects.exists()


def test_groups_use_it_and_only_the_owner_changes_it(signed_in, client, alice, bob):
    recipe = saved(signed_in, alice)
    team, others = (Group.objects.create(name=name) for name in ("Team", "Others"))
    alice.groups.add(team)
    bob.groups.add(team)
    share = {"action": "share", "groups": [team.pk]}
    signed_in.post(f"/recipes/{recipe.pk}/", share)
    signed_in.post(f"/recipes/{recipe.pk}/", share | {"groups": [others.pk]})
    assert list(recipe.groups.all()) == [team]

    client.force_login(bob)
    found = recipes.find(bob, _peek(bob))
    assert found is not None
    assert found.recipe == recipe
    page = client.get(f"/recipes/{recipe.pk}/").content.decode()
    assert "Shared by alice, who alone can change it." in page
    client.post(f"/recipes/{recipe.pk}/", {"action": "delete"})
    assert Recipe.objects.filter(pk=recipe.pk).exists()


def test_it_is_renamed_and_deleted(signed_in, alice):
    recipe = saved(signed_in, alice)
    signed_in.post(f"/recipes/{recipe.pk}/", {"action": "rename", "name": " New  one "})
    page = signed_in.get("/recipes/").content.decode()
    assert "New one" in page

    signed_in.post(f"/recipes/{recipe.pk}/", {"action": "delete"})

    assert not Recipe.objects.exists()
    assert "No recipes yet" in signed_in.get("/recipes/").content.decode()


def test_the_same_order_wins_then_ones_own_then_the_newest(alice, bob):
    plan = ImportPlan(resource="shop.product", mapping={"SKU": "sku"})
    headers = ["SKU", "Name", "Kind", "Price", "Created"]
    team = Group.objects.create(name="Team")
    alice.groups.add(team)
    shared = recipes.save(bob, "shared", plan, headers)
    shared.groups.add(team)
    assert _best(alice) == "shared"
    recipes.save(alice, "reversed", plan, headers[::-1])
    assert _best(alice) == "shared"
    recipes.save(alice, "old", plan, headers)
    recipes.save(alice, "new", plan, headers)
    assert _best(alice) == "new"


def _best(user: User) -> str:
    found = recipes.find(user, _peek(user))
    assert found is not None
    return found.recipe.name


def _peek(user: User) -> Any:
    return peek_of(uploaded(user))


TWO_LINES = "Goods;;Price\nCode;Name;EUR\nA1;Saw;5\n"


def test_names_in_two_rows_are_read_together(signed_in, alice):
    job = uploaded(alice, TWO_LINES)

    page = shown(signed_in, job, header_row="2", header_rows="2", recipe="no")

    assert "Rows 1 and 2 hold the column names together." in page
    for name in ("Goods Code", "Goods Name", "Price EUR"):
        assert f'data-header="{name}"' in page


def test_a_recipe_knows_names_in_two_rows(signed_in, alice):
    place = {"header_row": "2", "header_rows": "2", "resource": "shop.product"}
    columns = {"column-0": "sku", "column-1": "name", "column-2": "price"}
    posted(
        signed_in,
        uploaded(alice, TWO_LINES),
        **place,
        **columns,
        action="save",
        recipe_name="Two",
    )

    page = shown(signed_in, uploaded(alice, TWO_LINES))

    assert Recipe.objects.get().plan["header_rows"] == 2
    assert "Recipe <strong>Two</strong> was applied." in page
    assert "Rows 1 and 2 hold the column names together." in page
