"""Who takes in a reader who knocks: the worker that has the fewest.

Left to itself the kernel wakes all workers, and whoever comes first takes the connection. Of 32 readers one of two
workers then often has twenty, who wait longer than the other twelve for as long as they stay.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import MutableSequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import uvicorn

__all__ = ["Fair", "Places"]

_PAUSE: Final = 0.002
_PATIENCE: Final = 10
"""Pauses that a worker leaves to those who have fewer readers; one of them may hang."""
_SECONDS_WITHOUT_ROOM: Final = 1.0


@dataclass(frozen=True, slots=True)
class Places:
    """Readers of each worker, in memory that they share.

    Parameters
    ----------
    counts
        A number a worker.
    own
        Which of them is this worker's.
    """

    counts: MutableSequence[int]
    own: int = 0

    def told(self, readers: int) -> bool:
        """Tell the others how many readers this worker has; whether none of them has fewer.

        Examples
        --------
        >>> Places([2, 5]).told(3), Places([2, 2]).told(3)
        (True, False)
        """
        self.counts[self.own] = readers
        return readers <= min(self.counts)


class Fair(uvicorn.Server):
    """Server that takes in one reader at a time, and none while another worker has fewer.

    Parameters
    ----------
    config
        As of any server.
    door
        Listening socket that the workers share.
    places
        Readers of each of them.
    """

    def __init__(self, config: uvicorn.Config, door: socket.socket, places: Places) -> None:
        super().__init__(config)
        self._door = door
        self._places = places
        self._taking: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take in readers."""
        await super().startup([])
        self._door.setblocking(False)
        self._taking = asyncio.create_task(self._take_in())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in no more, and let those go who are there."""
        if self._taking is not None:
            self._taking.cancel()
            with suppress(asyncio.CancelledError):
                await self._taking  # it listens no more before the door is closed
        await super().shutdown([self._door])

    async def on_tick(self, counter: int) -> bool:
        """Tell the others of readers who left."""
        self._may_take()
        return await super().on_tick(counter)

    async def _take_in(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await _knock(loop, self._door)
            for _ in range(_PATIENCE):
                if self._may_take():
                    break
                await asyncio.sleep(_PAUSE)
            try:
                opened, _ = self._door.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                continue  # another worker has, or the reader left
            except OSError:  # as many files are open as may be
                await asyncio.sleep(_SECONDS_WITHOUT_ROOM)
                continue
            opened.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, opened)

    def _may_take(self) -> bool:
        return self._places.told(len(self.server_state.connections))

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


async def _knock(loop: asyncio.AbstractEventLoop, door: socket.socket) -> None:
    """Wait until somebody is at the door."""
    heard = loop.create_future()
    loop.add_reader(door, heard.set_result, None)
    try:
        await heard
    finally:
        loop.remove_reader(door)
