"""The servers that tests run against."""

from __future__ import annotations

import psycopg
import redis


def test_it_gives_a_redis_server_that_answers(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        client.set("greeting", "xin chào")
        assert client.get("greeting") == "xin chào".encode()


def test_it_gives_an_empty_postgresql_database(postgres_url: str):
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
    assert row == (0,)
