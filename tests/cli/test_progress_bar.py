"""The bar counts parts that run side by side, and names them."""

from __future__ import annotations

from kyoto.cli.progress import Bar


def test_two_parts_at_once_are_named_and_counted():
    bar = Bar()
    bar.start(10.0)
    try:
        bar.part("source:persons", 4.0, lambda: 0.5)
        bar.part_done("source:persons")
        bar.part("table:one", 3.0, lambda: 0.5)
        bar.part("quality", 2.0, lambda: None)
        task = bar._bar.tasks[0]
        assert task.description == "table one, quality"
        assert task.completed == 4.0
        bar.part_done("table:one")
        assert task.description == "quality"
        assert task.completed == 7.0
    finally:
        bar.stop()
