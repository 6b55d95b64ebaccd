"""Sockets of one process share an ear for each group, and a slow browser delays nobody."""

from __future__ import annotations

import asyncio
import json

import pytest
from channels.layers import channel_layers, get_channel_layer

from dataio.progress import channel
from dataio.web import hub
from dataio.web.consumers import Snapshots

LAYER = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture(autouse=True)
def layer(settings):
    settings.CHANNEL_LAYERS = LAYER
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


class Socket:
    def __init__(self):
        self.heard = []
        self.lost = False
        self.news = asyncio.Event()

    def offer(self, job, text):
        self.heard.append((job, json.loads(text)["current"]))
        self.news.set()

    def lose(self):
        self.lost = True
        self.news.set()

    async def hear(self):
        await asyncio.wait_for(self.news.wait(), 10)
        self.news.clear()
        return self.heard[-1] if self.heard else None


async def tell(group, job, current):
    snapshot = {"job": job, "current": current}
    message = {"type": channel.HANDLER, "snapshot": snapshot}
    await get_channel_layer().group_send(group, message)


async def test_all_sockets_of_a_group_hear_and_no_others():
    one, two, other = Socket(), Socket(), Socket()
    await hub.join("a", one)
    await hub.join("a", two)
    await hub.join("b", other)
    await tell("a", "job", 5)
    assert await one.hear() == await two.hear() == ("job", 5)
    assert other.heard == []
    for group, socket in (("a", one), ("a", two), ("b", other)):
        await hub.leave(group, socket)


async def test_who_left_hears_no_more_and_the_last_one_leaves_nothing_running():
    one, two = Socket(), Socket()
    await hub.join("a", one)
    await hub.join("a", two)
    await hub.leave("a", one)
    await tell("a", "job", 6)
    assert await two.hear() == ("job", 6)
    assert one.heard == []
    await hub.leave("a", two)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_sockets_are_lost_when_the_layer_fails_and_can_come_again(monkeypatch):
    socket, again = Socket(), Socket()
    await hub.join("a", socket)
    await get_channel_layer().group_send("a", {"type": channel.HANDLER})  # no snapshot
    await socket.hear()
    assert socket.lost
    await hub.join("a", again)
    await tell("a", "job", 7)
    assert await again.hear() == ("job", 7)
    await hub.leave("a", again)


class Watching(Snapshots):
    async def find_group(self):
        return "a"

    async def newest(self):
        return [{"job": "job", "current": 0}]


async def test_a_slow_browser_gets_only_the_newest_of_each_job():
    sent, inbox = [], asyncio.Queue()
    started, may_go_on = asyncio.Event(), asyncio.Event()

    async def send(message):
        if message["type"] != "websocket.send":
            return
        sent.append(json.loads(message["text"])["current"])
        started.set()
        await may_go_on.wait()

    inbox.put_nowait({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/", "headers": [], "subprotocols": []}
    socket = asyncio.create_task(Watching()(scope, inbox.get, send))
    await asyncio.wait_for(started.wait(), 10)  # the first is on its way
    beside = Socket()
    await hub.join("a", beside)
    for current in (1, 2, 3):
        await tell("a", "job", current)
        assert await beside.hear() == ("job", current)
    may_go_on.set()
    while len(sent) < 2:
        await asyncio.sleep(0)
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(socket, 10)
    await hub.leave("a", beside)
    assert sent == [0, 3]
