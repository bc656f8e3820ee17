"""From content to an HTTP response: validators, compression, and errors in the format of the client."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kyoto import __version__
from kyoto.portal.sdmx.problems import SdmxProblem, error_json, error_xml
from kyoto.statistics.exchange.sdmx.encoding import BATCH

__all__ = ["Stamp", "content", "refusal", "unmodified"]

_SMALL: Final = 1000
_VARY: Final = "Accept, Accept-Encoding"


class Stamp:
    """What tells one answer from another without making it: build, program, address and format.

    Parameters
    ----------
    version
        Of the build.
    built_at
        When it was finished.
    request
        The request.
    media_type
        Format of the answer.
    """

    def __init__(self, version: str, built_at: datetime, request: Request, media_type: str) -> None:
        text = f"{version}\n{__version__}\n{request.url.path}\n{request.url.query}\n{media_type}"
        self.etag = f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        self.changed = built_at.astimezone(UTC).replace(microsecond=0)

    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        changed = format_datetime(self.changed, usegmt=True)
        return {"etag": self.etag, "last-modified": changed, "vary": _VARY, "cache-control": "no-cache"}


def unmodified(request: Request, stamp: Stamp) -> Response | None:
    """Status 304 where the client has the answer already; None where it has not (RFC 9110, section 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        listed = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        if "*" in listed or stamp.etag.removeprefix("W/") in listed:
            return Response(status_code=304, headers=stamp.headers())
        return None
    since = request.headers.get("if-modified-since")
    if since is not None and _not_after(stamp.changed, since):
        return Response(status_code=304, headers=stamp.headers())
    return None


def content(
    request: Request,
    pieces: Iterable[bytes],
    media_type: str,
    stamp: Stamp,
    *,
    observations: int = 0,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with content, compressed where the client takes that; long content goes out as it is made.

    Parameters
    ----------
    request
        The request.
    pieces
        Parts of the content.
    media_type
        Its format.
    stamp
        Its validators.
    observations
        How many observations it holds.
    headers
        Further headers.
    """
    given = {**stamp.headers(), **(headers or {}), "content-type": media_type}
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if observations <= BATCH:
        body = b"".join(pieces)
        if packed and len(body) > _SMALL:
            body = b"".join(_packed([body]))
            given["content-encoding"] = "gzip"
        return Response(body, headers=given)
    if packed:
        given["content-encoding"] = "gzip"
        return StreamingResponse(_packed(pieces), headers=given)
    return StreamingResponse(iter(pieces), headers=given)


def refusal(request: Request, problem: SdmxProblem) -> Response:
    """Error in SDMX-JSON for clients that ask for JSON, in SDMX-ML of the version of the path for others."""
    accept = request.headers.get("accept", "")
    headers = {"vary": "Accept", "cache-control": "no-store"}
    if problem.status == 503:
        headers["retry-after"] = "20"
    if "json" in accept or "json" in request.query_params.get("format", ""):
        return Response(error_json(problem), problem.status, headers, "application/json")
    edition = "2.1" if "/v1/" in request.url.path else "3.0"
    media_type = f"application/vnd.sdmx.error+xml;version={'2.1' if edition == '2.1' else '3.0.0'}"
    return Response(error_xml(problem, edition=edition), problem.status, {**headers, "content-type": media_type})


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip, at the level that costs little."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        text = packer.compress(piece)
        if text:
            yield text
    yield packer.flush()


def _not_after(changed: datetime, text: str) -> bool:
    try:
        return changed <= parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
