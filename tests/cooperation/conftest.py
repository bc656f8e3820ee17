"""What tests of cooperation share: real documents beside the checkout, one of our own with the same faults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPORT = """
United Nations

E/2031/30

Commission on Gardens

Report on the fifth session (3-7 March 2031)

Contents

| | | | Page | |
|---|---|--|---|--|
| Executive summary | | | | |
| A. | Draft resolutions to be recommended by the Council for adoption by the General Assembly | | 1 | |
| | II. | Xq | 1 11 | 5 |
| II. | Watering | | 7 | |

Executive summary

The Commission met in March 2031 and adopted one resolution and one decision, as set out below.

Chapter I

Matters calling for action

A. Draft resolutions to be recommended by the Council for adoption by the General Assembly

1. The Commission recommends the approval of the following draft resolutions:

Draft resolution I

Gardens for all

The General Assembly,

Recalling its resolution 70/175 of 17 December 2015, in which it
adopted the Rules,¹

Mindful that gardens bring people

¹ General Assembly resolution 70/175, annex.

V.31-00001

together in towns,

1. *Welcomes* the work of the Office;

2. Urges Member States to open gardens, in accordance with

² E/CN.15/2019/10.

domestic law,² and requests the Secretary-General, upon request and
within existing resources, to help them:

(a) To plant trees;

(b) To water them, by:

(i) Rain;

(ii) Hand;

- 3. Requests the Secretary-General to report to the General Assembly at its eighty-seventh session.

Draft resolution II

Tools

The General Assembly,

Noting the need for tools,

Invites all Member States to 1. Share tools;

2. *Decides* to adopt the following agenda:

- 1. Opening.
- 2. Tools:
 - (a) Spades;
 - (b) Rakes.
- 3. Closing.

Encourages donors to give tools;

4. Takes note of the report.

B. Matters brought to the attention of the Council

2. The following resolution and decision are brought to the attention of the Council:

Resolution 5/1

Seeds

The Commission on Gardens,

Convinced that seeds matter,

1. Decides to collect seeds, and encourages the Expert Group to give advice periodically.

Decision 5/1

Date of the next session

3. At its 4th meeting, on 7 March 2031, the Commission decided to meet again in 2032.

Chapter II

Watering

- 4. Many speakers urged Member States to water more.
- Several speakers requested the Office to report annually on the water that it had used, and on what it cost.
- 6. One speaker said so too.

* * *
"""


@pytest.fixture(scope="session")
def shared_documents() -> Path:
    """Folder of real documents beside the checkout; tests that need it are skipped where it is absent."""
    default = Path(__file__).parents[3] / "shared" / "documents"
    folder = Path(os.environ.get("KYOTO_SHARED_DOCUMENTS", default))
    if not folder.is_dir():
        pytest.skip("no shared real documents beside this checkout")
    return folder


@pytest.fixture(scope="session")
def report_text() -> str:
    """A report of our own with the faults of extraction: lost and displaced numbers, notes in sentences."""
    return REPORT


@pytest.fixture(scope="session")
def report(report_text):
    from kyoto.cooperation.mandates.structure import parse

    return parse(report_text, "gardens")
