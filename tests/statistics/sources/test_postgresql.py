"""Tables of a PostgreSQL server."""

from __future__ import annotations

import datetime
import os

import pytest
from source_examples import outcome_of, source, spec_of

from kyoto.core.errors import KyotoError
from kyoto.statistics.sources import open_source

pytestmark = pytest.mark.postgres


@pytest.fixture
def address():
    """Address of a database with a small table; the server is named by ``KYOTO_TEST_POSTGRES``."""
    server = os.environ.get("KYOTO_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL server named")
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kyoto_incidents")
        cursor.execute(
            "CREATE TABLE kyoto_incidents "
            "(id uuid, seen timestamp, told date, age smallint, loss numeric(12, 2), kind text)"
        )
        cursor.execute(
            "INSERT INTO kyoto_incidents VALUES "
            "('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2016-07-01 23:59', '2016-07-02', 34, 1234.50, 'Robbery'), "
            "(NULL, NULL, NULL, 200, NULL, 'unknown')"
        )
        connection.commit()
    return server


def test_types_of_the_server_arrive(duck, tmp_path, address):
    columns = (
        'id = "id"\noccurred = "seen"\nreported = "told"\nage = "age"\n'
        'loss = { column = "loss", kind = "decimal" }\noffence = "kind"'
    )
    found = outcome_of(duck, tmp_path, source(columns, f'table = "{address}?public.kyoto_incidents"'))
    first, second = found.rows
    assert first["id"].replace("-", "") == "a0eebc999c0b4ef8bb6d6bb9bd380a11"
    assert first["occurred"] == datetime.datetime(2016, 7, 1, 23, 59)
    assert first["reported"] == datetime.date(2016, 7, 2)
    assert (first["age"], first["loss"], first["offence"]) == (34, 1234.5, "Robbery")
    assert (second["rejected"], second["offence"]) == ("age: above 120", "_U")


def test_a_missing_table_suggests_the_nearest(duck, tmp_path, address):
    spec = spec_of(tmp_path, source('id = "id"', f'table = "{address}?kyoto_incident"'))
    with pytest.raises(KyotoError) as caught:
        open_source(duck, spec, tmp_path)
    assert caught.value.code == "source.missing-table"
    assert caught.value.hint == "Did you mean 'public.kyoto_incidents'?"
