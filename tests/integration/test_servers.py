"""The servers that tests run against."""

from __future__ import annotations

import psycopg
import redis


def test_it_gives_a_redis_server_that_answers(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        client.set("greeting", "xin chào")
        assert client.get("greeting") == "xin chào".encode()


def test_it_gives_a_postgresql_database_of_its_own(postgres_url: str):
    # Other tests of this process may have made tables in it before.
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT current_database(), version()").fetchone()
    assert row is not None
    assert row[0] == "dataio"
    assert row[1].startswith("PostgreSQL")
