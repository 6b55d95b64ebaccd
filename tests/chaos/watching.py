"""Watching a job's bar as the page does (dataio/static/dataio/feed.js), with every message kept."""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPException
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from tests.chaos.site import PATIENCE, Person, wait_for

QUIET = 4.0  # seconds without a message after which the page asks once
LONGEST_WAIT = 20.0


class Watcher:
    """Follows one job by socket, from a thread; asks when the socket says nothing."""

    def __init__(self, person: Person, job: str) -> None:
        self._person = person
        self._job = job
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.heard: list[dict[str, Any]] = []
        """Messages of the sockets, in the order they came."""
        self.asked: list[dict[str, Any]] = []
        """What the status address answered meanwhile."""
        self.told: list[dict[str, Any]] = []
        """Both, in the order they came."""
        self.links = 0
        """Sockets that were opened."""

    def __enter__(self) -> Watcher:
        self._thread.start()
        wait_for("a socket", lambda: self.links)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive()

    @property
    def newest(self) -> dict[str, Any]:
        """What the bar shows: the message with the greatest number."""
        nothing = {"percent": -1.0, "complete": False}
        return max(list(self.told), key=lambda one: one["seq"], default=nothing)

    @property
    def percents(self) -> list[float]:
        """Where the bar stood one after the other, without what came late."""
        found, newest = [], -1
        for one in list(self.told):
            # What a stopped job says at last is no place on the bar.
            if one["seq"] >= newest and one["job_state"] not in ("failed", "cancelled"):
                newest = one["seq"]
                found.append(one["percent"])
        return found

    def never_went_back(self) -> bool:
        return self.percents == sorted(self.percents)

    def _follow(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                with self._person.open_socket(f"jobs/{self._job}/") as socket:
                    self.links += 1
                    failures = 0
                    self._listen(socket)
            except (OSError, EOFError, WebSocketException):
                pass
            self._ask()
            self._stop.wait(min(LONGEST_WAIT, 0.5 * 2**failures))
            failures += 1

    def _listen(self, socket: ClientConnection) -> None:
        quiet_since = time.monotonic()
        while not self._stop.is_set():
            try:
                self.heard.append(json.loads(socket.recv(timeout=0.1)))
                self.told.append(self.heard[-1])
                quiet_since = time.monotonic()
            except TimeoutError:
                if time.monotonic() - quiet_since > QUIET:
                    self._ask()
                    quiet_since = time.monotonic()

    def _ask(self) -> None:
        try:
            self.asked.append(self._person.status(self._job))
            self.told.append(self.asked[-1])
        except (OSError, ValueError, HTTPException):
            pass
