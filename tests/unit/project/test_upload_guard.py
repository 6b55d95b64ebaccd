"""The size of a request's body, looked at in front of Django."""

from __future__ import annotations

import errno
import json
import os

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler

from project.signed_in import is_signed_in
from project.upload_guard import FORM_BYTES, UploadGuard

LIMIT = 2 * 1024 * 1024
SENTENCE = b"The file is larger than 2 MB, the most that is allowed."


def request(**headers: str) -> dict:
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in headers.items()
        ],
    }


async def answer(communicator: ApplicationCommunicator) -> tuple[int, bytes]:
    start = await communicator.receive_output(timeout=20)
    body = await communicator.receive_output(timeout=20)
    return start["status"], body["body"]


async def count_body(scope, receive, send) -> None:
    """An application that answers with the size of the body it got."""
    seen, more = 0, True
    while more:
        event = await receive()
        seen += len(event["body"])
        more = event["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(seen).encode()})


async def test_it_refuses_an_announced_size_before_reading():
    guard = UploadGuard(count_body, LIMIT)
    size = str(LIMIT + FORM_BYTES + 1)
    communicator = ApplicationCommunicator(guard, request(content_length=size))
    assert await answer(communicator) == (413, SENTENCE)


async def test_it_cuts_off_a_body_that_goes_on_too_long():
    communicator = ApplicationCommunicator(UploadGuard(ASGIHandler(), LIMIT), request())
    piece = {"type": "http.request", "body": b"x" * 1024 * 1024, "more_body": True}
    for _ in range(4):
        await communicator.send_input(piece)
    assert await answer(communicator) == (413, SENTENCE)


async def test_it_lets_through_what_is_allowed():
    guard = UploadGuard(count_body, LIMIT)
    communicator = ApplicationCommunicator(guard, request(content_length=str(LIMIT)))
    await communicator.send_input(
        {"type": "http.request", "body": b"x" * LIMIT, "more_body": False}
    )
    assert await answer(communicator) == (200, str(LIMIT).encode())


async def test_a_browser_without_scripts_gets_a_page():
    guard = UploadGuard(count_body, LIMIT)
    size = str(LIMIT + FORM_BYTES + 1)
    scope = request(content_length=size, accept="text/html,*/*")
    status, body = await answer(ApplicationCommunicator(guard, scope))
    assert status == 413
    assert b"<h1>" in body
    assert SENTENCE in body


async def no_room(scope, receive, send) -> None:
    """An application whose disk is full when the first piece comes."""
    await receive()
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("accept", ["application/json", "text/html,*/*"])
async def test_a_full_disk_is_a_sentence_once_the_body_has_come(accept: str):
    scope = request(accept=accept)
    communicator = ApplicationCommunicator(UploadGuard(no_room, LIMIT), scope)
    piece = {"type": "http.request", "body": b"x" * 1024, "more_body": True}
    await communicator.send_input(piece)
    assert await communicator.receive_nothing()
    await communicator.send_input(piece | {"more_body": False})
    status, body = await answer(communicator)
    assert (status, b"no room left for files" in body) == (507, True)


async def test_other_failures_are_left_to_the_server():
    async def fails(scope, receive, send) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "gone")

    communicator = ApplicationCommunicator(UploadGuard(fails, LIMIT), request())
    with pytest.raises(ConnectionResetError):
        await communicator.receive_output(timeout=20)


@pytest.fixture
def alices_cookie(client) -> str:
    client.force_login(User.objects.create_user("alice"))
    return f"other=1; sessionid={client.cookies['sessionid'].value}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("headers", "cookie", "expected"),
    [
        ({"content_length": str(FORM_BYTES + 1)}, "", 401),
        ({"content_length": str(FORM_BYTES + 1)}, "sessionid=made-up", 401),
        ({"transfer_encoding": "chunked"}, "", 401),
        ({"content_length": "5"}, "", 200),  # a form, such as the login
        ({"content_length": str(FORM_BYTES + 1)}, "alice", 200),
        ({"transfer_encoding": "chunked"}, "alice", 200),
    ],
)
async def test_it_keeps_no_large_body_of_a_stranger(
    alices_cookie, headers, cookie, expected
):
    guard = UploadGuard(count_body, LIMIT, is_signed_in)
    sent = headers | {"cookie": alices_cookie if cookie == "alice" else cookie}
    communicator = ApplicationCommunicator(guard, request(**sent))
    for more in (True, False):
        piece = {"type": "http.request", "body": b"x" * 100, "more_body": more}
        await communicator.send_input(piece)
    status, body = await answer(communicator)
    assert status == expected
    if status == 401:
        sentence = "You are signed out. Sign in, then upload the file again."
        assert json.loads(body) == {"error": sentence}


async def test_it_leads_a_strangers_browser_to_the_login():
    async def nobody(scope) -> bool:
        return False

    guard = UploadGuard(count_body, LIMIT, nobody)
    headers = {"content_length": str(FORM_BYTES + 1), "accept": "text/html"}
    communicator = ApplicationCommunicator(guard, request(**headers))
    await communicator.send_input({"type": "http.request", "body": b"x"})
    start = await communicator.receive_output(timeout=20)
    assert start["status"] == 302
    assert (b"location", b"/login/") in start["headers"]
