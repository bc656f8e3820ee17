"""A build that is replaced while readers read never shows them a mixture."""

from __future__ import annotations

import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kyoto.core.build.swap import swap_in
from kyoto.core.errors import KyotoError
from kyoto.core.files import sha256_of
from kyoto.portal import Store

ROWS = 2000


def _build(folder: Path, mark: float, *, tables: tuple[str, ...] = ("first", "second")) -> Path:
    """Build folder all of whose figures, in all of whose tables, are ``mark``."""
    (folder / "tables").mkdir(parents=True)
    steps = {}
    for name in tables:
        path = folder / "tables" / f"{name}.parquet"
        frame = {
            "area": ["A"] * ROWS,
            "period": [str(number) for number in range(ROWS)],
            "series": [name] * ROWS,
            "value": [mark] * ROWS,
        }
        pq.write_table(pa.table(frame), path)
        steps[f"table:{name}"] = {
            "outputs": [{"path": f"tables/{name}.parquet", "sha256": sha256_of(path)}],
            "facts": {"mark": mark},
        }
    (folder / "records").mkdir()
    (folder / "records" / "secret.parquet").write_bytes(b"single persons")
    steps["source:secret"] = {
        "outputs": [
            {"path": "records/secret.parquet", "sha256": sha256_of(folder / "records" / "secret.parquet")},
            {"path": "rejects/secret.csv", "sha256": "0"},
        ],
        "facts": {},
    }
    manifest = {"steps": steps, "finished": "2026-01-02T03:04:05+00:00", "mark": mark}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _replace(project: Path, mark: float) -> None:
    swap_in(_build(project / ".kyoto" / "next", mark), project / "build", project / ".kyoto" / "old")


def _marks(store: Store, *, wait: float = 0.0) -> set[float]:
    """Everything a reader sees of a build."""
    with store.snapshot() as snapshot:
        found = {snapshot.manifest["mark"]}
        for name in snapshot.tables:
            found |= set(snapshot.query(f'SELECT value FROM "{name}"')["value"].to_pylist())
            time.sleep(wait)
            found |= set(pq.read_table(snapshot.folder / "tables" / f"{name}.parquet")["value"].to_pylist())
            found.add(snapshot.manifest["steps"][f"table:{name}"]["facts"]["mark"])
        return found


def test_reader_sees_a_build_and_the_next_one_when_it_is_there(tmp_path):
    _build(tmp_path / "build", 1.0)
    store = Store(tmp_path)
    assert _marks(store) == {1.0}
    with store.snapshot() as snapshot:
        first = snapshot.version
        assert snapshot.tables == ("first", "second")
        assert snapshot.built_at.isoformat() == "2026-01-02T03:04:05+00:00"
        assert snapshot.columns["first"] == ("area", "period", "series", "value")
        assert snapshot.query("SELECT count(*) AS n FROM first WHERE area = ?", ["A"]).to_pylist() == [{"n": ROWS}]
    _replace(tmp_path, 2.0)
    assert _marks(store) == {2.0}
    with store.snapshot() as snapshot:
        assert snapshot.version != first
    store.close()


def test_build_replaced_while_readers_read_is_never_a_mixture(tmp_path):
    _build(tmp_path / "build", 0.0)
    store = Store(tmp_path, memory="200MB")
    stop = threading.Event()

    def read() -> list[set[float]]:
        seen = []
        while not stop.is_set():
            seen.append(_marks(store, wait=0.002))
        return seen

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read) for _ in range(8)]
        for mark in range(1, 15):
            _replace(tmp_path, float(mark))
            time.sleep(0.05)
        time.sleep(0.3)
        stop.set()
        seen = [marks for reader in readers for marks in reader.result(timeout=60)]
    assert all(len(marks) == 1 for marks in seen)
    assert len({mark for marks in seen for mark in marks}) > 3
    assert _marks(store) == {14.0}
    store.close()


def test_build_exchanged_between_manifest_and_tables_is_read_again(tmp_path, monkeypatch):
    """The worst moment: the manifest is the old one, and the first file that is taken is the new one."""
    from kyoto.portal import snapshot as module

    _build(tmp_path / "build", 1.0)
    taken = module.link_or_copy
    exchanged = []

    def exchange_first(source: Path, target: Path) -> None:
        if not exchanged:
            exchanged.append(True)
            _replace(tmp_path, 2.0)
        taken(source, target)

    monkeypatch.setattr(module, "link_or_copy", exchange_first)
    store = Store(tmp_path)
    assert _marks(store) == {2.0}
    assert exchanged
    store.close()


def test_old_snapshot_lives_as_long_as_its_last_reader(tmp_path):
    _build(tmp_path / "build", 1.0)
    store = Store(tmp_path)
    with store.snapshot() as old:
        _replace(tmp_path, 2.0)
        with store.snapshot() as new:
            assert new.version != old.version
            assert old.query("SELECT DISTINCT value FROM first")["value"].to_pylist() == [1.0]
            kept = new.folder
        assert old.folder.exists()
    assert not old.folder.exists()
    assert kept.exists()
    store.close()
    assert not kept.exists()


def test_records_and_rejects_are_not_in_a_snapshot(tmp_path):
    _build(tmp_path / "build", 1.0)
    store = Store(tmp_path)
    with store.snapshot() as snapshot:
        names = {path.relative_to(snapshot.folder).as_posix() for path in snapshot.folder.rglob("*")}
    assert not [name for name in names if "secret" in name or "records" in name or "rejects" in name]
    store.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY first TO 'out.csv'",
        "DELETE FROM first",
        "SET enable_external_access = true",
        "ATTACH 'other.duckdb'",
    ],
)
def test_query_can_neither_change_nor_leave_the_snapshot(tmp_path, sql):
    import duckdb

    _build(tmp_path / "build", 1.0)
    store = Store(tmp_path)
    with store.snapshot() as snapshot:
        with pytest.raises(duckdb.Error):
            snapshot.query(sql)
        assert snapshot.query("SELECT count(*) AS n FROM first").to_pylist() == [{"n": ROWS}]
    store.close()


def test_no_build_is_a_clear_error_until_there_is_one(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(KyotoError) as caught, store.snapshot():
        pass
    assert caught.value.code == "portal.no-build"
    assert "kyoto build" in caught.value.hint
    _build(tmp_path / "build", 1.0)
    assert _marks(store) == {1.0}
    store.close()


def test_broken_build_leaves_readers_the_last_good_one(tmp_path, monkeypatch):
    monkeypatch.setattr("kyoto.portal.store._SECONDS_BETWEEN_TRIES", 0.001)
    _build(tmp_path / "build", 1.0)
    store = Store(tmp_path)
    assert _marks(store) == {1.0}
    broken = _build(tmp_path / ".kyoto" / "next", 2.0)
    (broken / "tables" / "second.parquet").write_bytes(b"cut off")
    swap_in(broken, tmp_path / "build", tmp_path / ".kyoto" / "old")
    assert _marks(store) == {1.0}
    assert store.problem is not None
    assert store.problem.code == "portal.broken-build"
    shutil.rmtree(tmp_path / "build")
    assert _marks(store) == {1.0}
    _build(tmp_path / "build", 3.0)
    assert _marks(store) == {3.0}
    assert store.problem is None
    store.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"steps": []}', '{"steps": {}, "finished": null}'])
def test_manifest_that_is_none_is_a_clear_error(tmp_path, text):
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(KyotoError) as caught, Store(tmp_path).snapshot():
        pass
    assert caught.value.code == "portal.broken-build"


def test_table_must_not_take_the_name_of_the_indicators(tmp_path):
    _build(tmp_path / "build", 1.0, tables=("indicators",))
    with pytest.raises(KyotoError) as caught, Store(tmp_path).snapshot():
        pass
    assert caught.value.code == "portal.reserved-name"
