"""Compiles the numerical loops of this room with Numba where it is installed; without it the same loops run as Python.

The loops are written for compilation: with the extra ``kyoto[hidden]`` one Poisson fit of five lists takes about
five microseconds, without it about five milliseconds. Results are the same. Compiled code is cached beside the module.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

__all__ = ["compiled", "in_threads", "is_compiled"]

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")
Output = TypeVar("Output")


def compiled(function: Function) -> Function:
    """Compile a function that holds loops over small arrays; releases the interpreter lock.

    Examples
    --------
    >>> compiled(lambda x: x + 1)(1)
    2
    """
    try:
        from numba import config, njit
    except ImportError:
        return function
    settings: Any = config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(Path(before or Path(__file__).parent / "__pycache__") / f"kyoto-{_fingerprint()}")
    try:
        return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # nowhere to keep compiled code: compile anew in each process
        return cast(Function, njit(nogil=True, error_model="numpy")(function))
    finally:
        settings.CACHE_DIR = before


@cache
def _fingerprint() -> str:
    """Fingerprint of all compiled sources of the room.

    Numba looks only at the file of a function, not at those of the functions it calls, and would go on running old
    code of theirs; so compiled code is kept apart for each state of all of them.
    """
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    whole = hashlib.sha256()
    for source in sources:
        if b"@compiled" in source:
            whole.update(source)
    return whole.hexdigest()[:12]


def is_compiled() -> bool:
    """Whether Numba is there; decides defaults of long searches, never results."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def in_threads(task: Callable[[Item], Output], items: Sequence[Item]) -> list[Output]:
    """Outputs of a compiled task for each item, in order, on all cores.

    Parameters
    ----------
    task
        Function that spends its time in compiled loops (which release the lock).
    items
        Its arguments; results do not depend on how they are spread over threads.
    """
    workers = min(len(items), os.cpu_count() or 1)
    if workers <= 1:
        return [task(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(task, items))
