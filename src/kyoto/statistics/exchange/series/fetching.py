"""Downloading published series: kept with their checksum, asked for again only when they may have changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kyoto.core.errors import KyotoError
from kyoto.core.files import sha256_of, write_whole
from kyoto.statistics.exchange.series.requesting import Answer, Opener, Patience, request
from kyoto.statistics.exchange.series.services import Service, service

__all__ = ["Fetched", "cache_folder", "fetch"]

_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded file.

    Parameters
    ----------
    path
        Where it is.
    url
        Where it came from.
    sha256, bytes
        Of its content.
    fetched
        When it was downloaded, or last found unchanged; ISO 8601.
    state
        ``new``, ``unchanged`` (the service says so), ``cached`` (young enough not to ask) or ``stale`` (old, and the
        service did not answer).
    etag, last_modified
        What the service calls this version.
    """

    path: Path
    url: str
    sha256: str
    bytes: int
    fetched: str
    state: str
    etag: str = ""
    last_modified: str = ""


def cache_folder() -> Path:
    """Folder of downloads: ``KYOTO_CACHE``, else ``kyoto/series`` in the user's folder of caches."""
    own = os.environ.get("KYOTO_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(own) if own else Path(home) / "kyoto" / "series"


def fetch(
    name: str | Service,
    dataset: str,
    *,
    place: str = "",
    folder: Path | None = None,
    max_age: float = _DAY,
    patience: Patience | None = None,
    opener: Opener | None = None,
    clock: Callable[[], float] = time.time,
) -> Fetched:
    """Download a data set, unless a young copy is there.

    Parameters
    ----------
    name
        Service: ``unodc``, ``eurostat``, ``owid``, ``world-bank``, ``police-uk``.
    dataset
        Its name there; of ``police-uk`` a month such as ``2024-03``.
    place
        Of ``police-uk``: ``lat=52.63&lng=-1.13``, or ``poly=…``.
    folder
        Of the cache; :func:`cache_folder` if None.
    max_age
        Seconds for which a copy is not asked for again.
    patience, opener, clock
        Retries, what opens a request, and the time; for tests.

    Returns
    -------
    Fetched

    Raises
    ------
    KyotoError
        ``series.unknown-service``, ``series.refused``; ``series.unreachable`` where there is no copy either.
    """
    which = service(name) if isinstance(name, str) else name
    store = folder or cache_folder()
    path = store / f"{_file_name(which, dataset, place)}{which.suffix}"
    known = _known(path)
    now = clock()
    if known is not None and now - path.stat().st_mtime < max_age:
        return _stated(path, known, "cached")
    try:
        content, answer = _download(which, dataset, place, known, patience or Patience(), opener, store, clock)
    except KyotoError as error:
        if known is None or error.code != "series.unreachable":
            raise
        return _stated(path, known, "stale")
    if content is None and known is not None:
        kept = {**known, "fetched": _iso(now)}
        write_whole(_beside(path), json.dumps(kept, indent=2) + "\n")
        os.utime(path, (now, now))
        return _stated(path, kept, "unchanged")
    return _store(path, which.url(dataset, place=place), content or b"", answer, now)


def _download(
    which: Service,
    dataset: str,
    place: str,
    known: dict[str, Any] | None,
    patience: Patience,
    opener: Opener | None,
    store: Path,
    clock: Callable[[], float],
) -> tuple[bytes | None, Answer]:
    """Content of all pages; None where the service says that nothing changed."""
    headers = {}
    if known is not None:
        headers = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last_modified", "")}
        headers = {key: value for key, value in headers.items() if value}
    _pause(which, store, patience, clock)
    first = request(which.url(dataset, place=place), headers, patience, opener)
    if first.content is None or "{page}" not in which.address:
        return first.content, first
    pages = [_page(first.content, which)]
    for number in range(2, int(pages[0][0].get("pages", 1)) + 1):
        _pause(which, store, patience, clock)
        answer = request(which.url(dataset, page=number, place=place), {}, patience, opener)
        pages.append(_page(answer.content or b"", which))
    return json.dumps(pages).encode(), first


def _page(content: bytes, which: Service) -> list[Any]:
    """Heading and figures of one page."""
    try:
        data = json.loads(content)
        heading, figures = data
        heading.get("pages")
        return [heading, figures]
    except (ValueError, AttributeError, TypeError):
        raise KyotoError(
            f"{which.title} answers something else than figures",
            code="series.refused",
            got=content[:200].decode(errors="replace"),
            hint="Check the name of the data set on the service's own pages.",
        ) from None


def _pause(which: Service, store: Path, patience: Patience, clock: Callable[[], float]) -> None:
    """Wait until the service's pause since the last request is over, also that of another run."""
    stamp = store / f".{which.name}"
    store.mkdir(parents=True, exist_ok=True)
    if stamp.exists():
        since = clock() - stamp.stat().st_mtime
        if 0 <= since < which.pause:
            patience.sleep(which.pause - since)
    stamp.touch()
    now = clock()
    os.utime(stamp, (now, now))


def _store(path: Path, url: str, content: bytes, answer: Answer, now: float) -> Fetched:
    write_whole(path, content)
    os.utime(path, (now, now))
    headers = {key.casefold(): value for key, value in answer.headers.items()}
    fetched = Fetched(
        path,
        url,
        hashlib.sha256(content).hexdigest(),
        len(content),
        _iso(now),
        "new",
        headers.get("etag", ""),
        headers.get("last-modified", ""),
    )
    kept = {key: value for key, value in asdict(fetched).items() if key not in ("path", "state")}
    write_whole(_beside(path), json.dumps(kept, indent=2) + "\n")
    return fetched


def _known(path: Path) -> dict[str, Any] | None:
    """What is known of a copy whose content is what was downloaded; None for one that is absent or was changed."""
    try:
        kept: dict[str, Any] = json.loads(_beside(path).read_text(encoding="utf-8"))
        return kept if sha256_of(path) == kept["sha256"] else None
    except (OSError, ValueError, KeyError):
        return None


def _stated(path: Path, known: dict[str, Any], state: str) -> Fetched:
    return Fetched(path=path, state=state, **known)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _file_name(which: Service, dataset: str, place: str) -> str:
    """Name of the copy: readable, and different for different questions."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in dataset)
    tail = hashlib.sha256(f"{which.address}\0{dataset}\0{place}".encode()).hexdigest()[:8]
    return f"{which.name}-{plain[:60]}-{tail}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
