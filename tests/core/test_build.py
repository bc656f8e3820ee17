"""Builds redo what changed, keep the rest, and are whole at every moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from kyoto.core.build import Step, plan_build, run_build
from kyoto.core.build.swap import recover, swap_in
from kyoto.core.errors import KyotoError
from kyoto.core.project import load_project


@pytest.fixture
def project(tmp_path):
    (tmp_path / "kyoto.toml").write_text("[project]\ntitle = 'T'\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("alpha", encoding="utf-8")
    return load_project(tmp_path)


def _steps(project, ran, *, settings="x", extra=()):
    def first(context):
        ran.append("first")
        (context.folder / "first.txt").write_text((project.folder / "a.txt").read_text() + settings)
        return {"rows": 5}

    def second(context):
        ran.append("second")
        assert context.facts["first"] == {"rows": 5}
        (context.folder / "out" / "second.txt").write_text((context.folder / "first.txt").read_text().upper())
        return {}

    return [
        Step("first", first, inputs=(project.folder / "a.txt",), settings=settings, outputs=("first.txt",)),
        Step("second", second, needs=("first",), outputs=("out/second.txt",)),
        *extra,
    ]


def test_a_second_build_does_nothing(project):
    ran = []
    run_build(project, _steps(project, ran))
    before = (project.build_folder / "manifest.json").read_bytes()
    result = run_build(project, _steps(project, ran))
    assert ran == ["first", "second"]
    assert result.ran == ()
    assert result.kept == ("first", "second")
    assert (project.build_folder / "manifest.json").read_bytes() == before


def test_changed_input_runs_what_stands_on_it(project):
    ran = []
    run_build(project, _steps(project, ran))
    (project.folder / "a.txt").write_text("beta!")
    result = run_build(project, _steps(project, ran))
    assert result.ran == ("first", "second")
    assert (project.build_folder / "out" / "second.txt").read_text() == "BETA!X"


def test_only_the_step_whose_settings_changed_runs(project):
    ran = []
    third = [Step("third", lambda context: ran.append("third") or {}, settings=1)]
    run_build(project, _steps(project, ran, extra=third))
    ran.clear()
    third = [Step("third", lambda context: ran.append("third") or {}, settings=2)]
    run_build(project, _steps(project, ran, extra=third))
    assert ran == ["third"]
    assert (project.build_folder / "first.txt").read_text() == "alphax"


def test_a_removed_step_leaves_the_build(project):
    ran = []
    run_build(project, _steps(project, ran))
    run_build(project, _steps(project, ran)[:1])
    assert not (project.build_folder / "out").exists()
    assert json.loads((project.build_folder / "manifest.json").read_text())["steps"].keys() == {"first"}


def test_a_damaged_output_is_made_again(project):
    ran = []
    run_build(project, _steps(project, ran))
    (project.build_folder / "out" / "second.txt").write_text("shorter")
    assert run_build(project, _steps(project, ran)).ran == ("second",)
    assert (project.build_folder / "out" / "second.txt").read_text() == "ALPHAX"


def test_dry_run_says_why_and_changes_nothing(project):
    ran = []
    plans = plan_build(project, _steps(project, ran))
    assert [plan.reason for plan in plans] == ["never built", "never built"]
    assert ran == []
    assert not project.build_folder.exists()


def test_manifest_lets_another_person_check_every_file(project):
    import hashlib

    run_build(project, _steps(project, []))
    manifest = json.loads((project.build_folder / "manifest.json").read_text())
    assert manifest["inputs"][0]["sha256"] == hashlib.sha256(b"alpha").hexdigest()
    for step in manifest["steps"].values():
        for output in step["outputs"]:
            content = (project.build_folder / output["path"]).read_bytes()
            assert output["sha256"] == hashlib.sha256(content).hexdigest()
            assert output["bytes"] == len(content)


def test_a_failing_step_leaves_the_last_build(project):
    run_build(project, _steps(project, []))
    before = sorted((p.name, p.read_bytes()) for p in project.build_folder.rglob("*") if p.is_file())

    def fails(context):
        raise OSError(28, "No space left on device", str(context.folder / "big"))

    with pytest.raises(KyotoError) as caught:
        run_build(project, [*_steps(project, [], settings="y"), Step("big", fails, outputs=("big",))])
    assert caught.value.code == "files.cannot-write"
    assert "No space left" in caught.value.detail
    assert before == sorted((p.name, p.read_bytes()) for p in project.build_folder.rglob("*") if p.is_file())


def test_steps_finished_before_a_failure_are_not_done_again(project):
    ran = []

    def fails(context):
        raise KyotoError("No", code="test.no")

    with pytest.raises(KyotoError):
        run_build(project, [*_steps(project, ran), Step("third", fails)])
    run_build(project, [*_steps(project, ran), Step("third", lambda context: {})])
    assert ran == ["first", "second"]
    assert (project.build_folder / "out" / "second.txt").read_text() == "ALPHAX"


def test_two_builds_at_once_are_refused(project):
    def nested(context):
        with pytest.raises(KyotoError) as caught:
            run_build(project, [])
        return {"code": caught.value.code}

    result = run_build(project, [Step("outer", nested)])
    assert result.manifest["steps"]["outer"]["facts"] == {"code": "build.running"}


def test_a_folder_that_cannot_be_written_is_a_clear_error(project):
    (project.folder / ".kyoto").write_text("a file where the folder should be")
    with pytest.raises(KyotoError) as caught:
        run_build(project, [])
    assert caught.value.code == "files.cannot-write"


@pytest.mark.parametrize("exchange", [True, False])
def test_swap_replaces_whole_folders(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr("kyoto.core.build.swap._exchange", lambda one, other: False)
    for name in ("new", "place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)
    swap_in(tmp_path / "new", tmp_path / "place", tmp_path / "old")
    assert (tmp_path / "place" / "who").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["place"]


def test_recover_brings_back_a_build_lost_between_two_renames(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "who").write_text("last good")
    recover(tmp_path / "build", tmp_path / "old")
    assert (tmp_path / "build" / "who").read_text() == "last good"


KILLED = """
    import sys, time
    from kyoto.core.build import Step, run_build
    from kyoto.core.project import load_project

    project = load_project(sys.argv[1])

    def write(name):
        def run(context):
            for part in range(20):
                with (context.folder / name).open("a") as file:
                    file.write(sys.argv[2])
                time.sleep(0.002)
            return {"value": sys.argv[2]}
        return run

    names = [f"f{i}" for i in range(5)]
    run_build(project, [Step(name, write(name), settings=sys.argv[2], outputs=(name,)) for name in names])
"""


def test_kill_at_any_moment_leaves_a_whole_build(project, tmp_path):
    script = tmp_path / "build_once.py"
    script.write_text(textwrap.dedent(KILLED))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

    def start(value):
        return subprocess.Popen([sys.executable, script, str(project.folder), value], env=environment)

    assert start("0").wait() == 0
    moments = random.Random(11)
    for attempt in range(1, 9):
        process = start(str(attempt))
        time.sleep(moments.uniform(0.05, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        manifest = json.loads((project.build_folder / "manifest.json").read_text())
        values = {step["facts"]["value"] for step in manifest["steps"].values()}
        assert len(values) == 1  # never a mixture of two builds
        expected = values.pop() * 20
        assert [(project.build_folder / f"f{i}").read_text() for i in range(5)] == [expected] * 5
    assert start("9").wait() == 0
    assert [(project.build_folder / f"f{i}").read_text() for i in range(5)] == ["9" * 20] * 5
    assert [path.name for path in (project.folder / ".kyoto").iterdir()] == ["lock"]


def _meeting(parties):
    barrier = threading.Barrier(parties)

    def meets(context):
        barrier.wait(60)
        return {"thread": threading.current_thread().name, "engine": id(context.engine)}

    return meets


def test_steps_that_allow_company_run_at_the_same_time(project):
    meets = _meeting(2)
    order = []

    def alone(context):
        order.append(sorted(context.facts))
        return {"thread": threading.current_thread().name}

    steps = [
        Step("source", lambda context: {}),
        Step("a", meets, company=True),
        Step("b", meets, company=True),
        Step("report", alone, needs=("a", "b")),
    ]
    made = run_build(project, steps).manifest["steps"]
    assert made["a"]["facts"]["thread"] != made["b"]["facts"]["thread"]
    assert made["a"]["facts"]["engine"] != made["b"]["facts"]["engine"]
    assert made["report"]["facts"]["thread"] == threading.current_thread().name
    assert order == [["a", "b", "source"]]
    assert list(made) == ["source", "a", "b", "report"]


def test_company_that_is_needed_comes_first(project):
    seen = []

    def after(context):
        seen.append(sorted(context.facts))
        return {}

    steps = [
        Step("a", lambda context: time.sleep(0.2) or {}, company=True),
        Step("b", after, company=True),
        Step("c", after, company=True, needs=("a",)),
    ]
    run_build(project, steps)
    assert seen[1] == ["a", "b"]


def test_an_engine_without_a_second_runs_one_step_after_the_other(project):
    threads = []

    def noted(context):
        threads.append(threading.current_thread())
        return {}

    run_build(project, [Step(name, noted, company=True) for name in "abc"], engine="spark")
    assert threads == [threading.current_thread()] * 3


@pytest.mark.parametrize("failing", ["a", "b"])
def test_what_ran_beside_a_failure_is_not_done_again(project, failing):
    ran = []
    meets = threading.Barrier(2)

    def step(name, fails):
        def run(context):
            meets.wait(60)
            ran.append(name)
            if fails and name == failing:
                raise KyotoError("No", code="test.no")
            return {}

        return Step(name, run, company=True)

    with pytest.raises(KyotoError) as caught:
        run_build(project, [step("a", True), step("b", True)])
    assert caught.value.code == "test.no"
    assert sorted(ran) == ["a", "b"]
    meets = threading.Barrier(1)
    run_build(project, [step("a", False), step("b", False)])
    assert sorted(ran[2:]) == [failing]


def test_breaking_off_reaches_the_query_of_the_other_thread(project):
    begun = threading.Event()
    ended = []

    def asks(context):
        begun.set()
        try:
            context.engine.backend.con.execute("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
        except Exception as error:  # whatever the engine says of a query that was broken off
            ended.append(str(error))
            raise

    def broken_off(context):
        assert begun.wait(60)
        while not ended:
            time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_build(project, [Step("long", asks, company=True), Step("short", broken_off, company=True)])
    assert "nterrupt" in ended[0]
