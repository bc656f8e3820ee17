"""One small build, served."""

from __future__ import annotations

import httpx
import pytest
from sdmx_builds import write_project
from sdmx_serving import serving

from kyoto.portal.sdmx import ServiceLimits


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def address(project):
    with serving(project, ServiceLimits(observations=150)) as base:
        yield base


@pytest.fixture(scope="module")
def get(address):
    """Ask the service."""
    with httpx.Client(base_url=address, timeout=30) as client:

        def ask(path, **headers):
            return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

        yield ask
