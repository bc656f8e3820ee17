"""The portal on a port: one process, or several that share the port and look after each other.

Python makes pages on one core a process; with several processes a portal uses all of them. Each worker has a snapshot,
a database and a memory of answers of its own. They share the listening socket, and one number: which build was read in
last. A worker that is behind it reads in before it answers, so that no reader who was answered from the newer build is
sent back to the older one by another worker.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, MutableSequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError
from kyoto.portal.guard import Limits

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

__all__ = ["Serving", "cores", "listening", "serve_alone", "serve_together"]

THREADS: Final = 4
"""Requests that a worker answers at once; more of them would only wait for each other, and each holds memory."""
_MEMORY: Final = 48_000_000
_WAITING: Final = 2048
_STARTING: Final = 2**62
"""Readers of a worker that reads in: more than any other's, so that nobody waits for it."""
_SECONDS_TO_STOP: Final = 10.0
_SHORT_LIFE: Final = 5.0
_MOST_SHORT_LIVES: Final = 5


@dataclass(frozen=True, slots=True)
class Serving:
    """What a worker must know; it is sent to other processes.

    Parameters
    ----------
    folder
        Folder of the project.
    limits
        What one reader may ask for.
    root
        Path that another server puts before it.
    memory
        Memory of the database of one worker, as DuckDB writes it.
    workers
        Processes that share the port.
    """

    folder: Path
    limits: Limits
    root: str = ""
    memory: str = "1GB"
    workers: int = 1


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def listening(host: str, port: int) -> socket.socket:
    """Socket on which readers come in.

    Raises
    ------
    KyotoError
        ``portal.no-port``: the address is in use, or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio lets small answers wait
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(_WAITING)
    except OSError as error:
        opened.close()
        raise KyotoError(
            "The portal cannot listen there",
            code="portal.no-port",
            got=f"{host}:{port}",
            detail=error.strerror or str(error),
            hint="Choose another --port, or stop what uses this one.",
        ) from error
    return opened


def serve_alone(
    serving: Serving, door: socket.socket, newest: Any = None, readers: MutableSequence[int] | None = None, own: int = 0
) -> None:
    """Serve until a signal stops it.

    Parameters
    ----------
    serving
        What is served.
    door
        Listening socket.
    newest
        Number that the workers share; None for one worker.
    readers, own
        Readers of each worker, in memory that they share, and which of the numbers is this one's.
    """
    import uvicorn

    from kyoto.portal.application import portal_app
    from kyoto.portal.door import Fair, Places
    from kyoto.portal.scratch import remove_abandoned
    from kyoto.portal.store import Store

    _stopping_once()
    few_arenas()
    remove_abandoned()
    store = Store(serving.folder, memory=serving.memory, threads=max(cores() // serving.workers, 1), newest=newest)
    app = portal_app(
        store, limits=serving.limits, root=serving.root, threads=THREADS, memory=_MEMORY // serving.workers
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=10,
        limit_concurrency=2000,
        h11_max_incomplete_event_size=32_768,
        ws="none",
    )
    try:
        with suppress(KyotoError), store.snapshot():
            pass  # read in before the first reader comes; one who comes where nothing can be read is told so
        with suppress(KeyboardInterrupt):
            Fair(config, door, Places([0] if readers is None else readers, own)).run()
    finally:
        store.close()


def _stopping_once() -> None:
    """Let a service manager's stop clear up as Ctrl+C does, and let no second signal break off the clearing up.

    A worker gets several: Ctrl+C reaches the whole group, then its parent ends it, and the lifeline breaks.
    """

    def stop(number: int, _: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(0)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)


def few_arenas(arenas: int = 2) -> bool:
    """Let the C library keep freed memory in few places, so that it is used again; whether it does that.

    By default it has up to eight arenas a core, and every thread fills its own.
    """
    most_arenas = -8  # M_ARENA_MAX of malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False  # not the GNU library
    return bool(mallopt(most_arenas, arenas))


def serve_together(serving: Serving, door: socket.socket) -> None:
    """Serve with several processes until a signal stops them; one that ends is replaced.

    Parameters
    ----------
    serving
        What is served, and by how many.
    door
        Listening socket.

    Raises
    ------
    KyotoError
        ``portal.worker-ended``: workers end again and again as soon as they are started.
    """
    context = get_context("spawn")  # a fork would copy threads' locks without the threads
    newest = context.RawValue(ctypes.c_uint64, 0)
    readers = context.RawArray(ctypes.c_int64, serving.workers)
    lifeline, held = context.Pipe(duplex=False)
    _stopping_once()

    def start(place: int) -> SpawnProcess:
        readers[place] = _STARTING
        given = (serving, door, newest, readers, place, lifeline)
        process = context.Process(target=_work, args=given, name="kyoto portal worker")
        process.start()
        return process

    workers: list[SpawnProcess] = []
    try:
        workers.extend(start(place) for place in range(serving.workers))
        with suppress(KeyboardInterrupt):
            watch(workers, start)
    finally:
        held.close()
        _stop(workers)


def watch(workers: list[SpawnProcess], start: Callable[[int], SpawnProcess]) -> None:
    """Replace workers that end; does not return.

    Parameters
    ----------
    workers
        Running processes; changed in place.
    start
        Starts another one at a place of the list.

    Raises
    ------
    KyotoError
        ``portal.worker-ended``.
    """
    ended: list[float] = []
    while True:
        connection.wait([worker.sentinel for worker in workers])
        for place, worker in enumerate(workers):
            if worker.is_alive():
                continue
            ended = [moment for moment in ended if time.monotonic() - moment < _SHORT_LIFE * _MOST_SHORT_LIVES]
            ended.append(time.monotonic())
            if len(ended) > _MOST_SHORT_LIVES * len(workers):
                raise KyotoError(
                    "The portal's workers end as soon as they are started",
                    code="portal.worker-ended",
                    got=f"exit code {worker.exitcode}",
                    hint="Run `kyoto serve` with --workers 1 to see why.",
                )
            worker.join()
            workers[place] = start(place)


def _work(
    serving: Serving, door: socket.socket, newest: Any, readers: Any, own: int, lifeline: connection.Connection
) -> None:
    """One worker: ends with the process that started it, however that ends."""
    with suppress(KeyboardInterrupt):
        threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
        serve_alone(serving, door, newest, readers, own)


def _end_with_parent(lifeline: connection.Connection) -> None:
    connection.wait([lifeline])
    signal.raise_signal(signal.SIGTERM)


def _stop(workers: list[SpawnProcess]) -> None:
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _SECONDS_TO_STOP
    for worker in workers:
        worker.join(max(deadline - time.monotonic(), 0.1))
        if worker.is_alive():
            worker.kill()
            worker.join()
