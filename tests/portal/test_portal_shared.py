"""Real boundaries of countries: the portal draws them within a page's size."""

from __future__ import annotations

import gzip
import json
import shutil

import pyarrow as pa
import pytest
from lxml import html

from kyoto.core.files import sha256_of
from kyoto.portal.book import Shelf
from kyoto.portal.site import Site
from kyoto.portal.store import Store
from kyoto.statistics.observations import observation_columns, write_observations

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("name", ["world_countries_110m.geojson", "us_states_10m.geojson.gz"])
def test_a_map_of_real_boundaries(shared_data, tmp_path, name):
    raw = (shared_data / "boundaries" / name).read_bytes()
    features = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)["features"]
    codes = sorted({str(feature["id"]) for feature in features if feature.get("id") is not None})
    columns = observation_columns()
    rows = [
        {
            **dict.fromkeys(columns, "_T"),
            "area": area,
            "period": period,
            "series": "homicides",
            "unit": "per 100000 population",
            "value": float(number % 50) + 0.5,
            "lower": float(number % 50),
            "upper": float(number % 50) + 1.0,
            "status": "A",
            "confidentiality": "F",
            "source": "generated",
            "note": None,
        }
        for number, area in enumerate([*codes, "ALL"])
        for period in ("2020", "2021")
    ]
    tables = tmp_path / "build" / "tables"
    tables.mkdir(parents=True)
    write_observations(pa.Table.from_pylist(rows).select(columns), tables, "homicides")
    output = {"path": "tables/homicides.parquet", "sha256": sha256_of(tables / "homicides.parquet")}
    steps = {"table:homicides": {"outputs": [output], "facts": {"title": "How many?", "unit": "victim"}}}
    manifest = {"kyoto": "0", "finished": "2026-01-01T00:00:00+00:00", "steps": steps}
    (tmp_path / "build" / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(shared_data / "boundaries" / name, tmp_path / name)
    settings = f'[project]\narea = "ALL"\n[report]\nboundaries = "{name}"\nkey = "id"\nname = "name"\n'
    (tmp_path / "kyoto.toml").write_text(settings)
    store = Store(tmp_path)
    made = Site(Shelf(store)).answer("en/explore/homicides", (("by", "area"), ("chart", "map")))
    page = html.fromstring(made.answer.body)
    shapes = page.xpath("//*[local-name()='svg' and @class='map']/*[local-name()='path' and starts-with(@class, 'm')]")
    assert len(shapes) > 0.8 * len(codes)
    assert len(page.xpath("//table//tbody/tr")) == len(codes)
    assert len(made.packed) < 250_000
    store.close()
