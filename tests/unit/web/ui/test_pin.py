"""Where the map of an address begins, and what it may fetch."""

import json

import pytest

from callcore.network.region_centres import region_centres
from callcore.network.region_shapes import region_shapes
from config.settings import SettingsError, load_settings
from web.ui.pin import MapTiles, pin_map

pytestmark = pytest.mark.unit


def test_a_map_begins_where_most_is_known() -> None:
    assert set(region_centres()) >= {shape.code for shape in region_shapes()}
    at_point, of_region, nowhere = (
        pin_map(55.75, 37.61, "RU-SVE"),
        pin_map(None, None, "RU-SVE"),
        pin_map(55.75, None, ""),
    )
    assert (at_point.lat, at_point.lon) == (55.75, 37.61)
    assert (of_region.lat, of_region.lon) == (56.84, 60.61)
    assert at_point.zoom > of_region.zoom > nowhere.zoom
    assert ["Екатеринбург", 56.84, 60.61] in json.loads(nowhere.towns)


def test_nothing_is_fetched_until_somebody_names_the_tiles() -> None:
    assert load_settings(None, {}).web.map_tiles == MapTiles().origin == ""
    assert MapTiles("https://{s}.tiles.example:444/{z}/{x}/{y}.png").origin == "https://*.tiles.example:444"
    for wrong in (
        "http://a.example/{z}/{x}/{y}",
        "https://a.example/{z}/{x}",
        "https://a.example; script-src */{z}{x}{y}",
    ):
        with pytest.raises(SettingsError, match="map_tiles"):
            load_settings(None, {"DEALERLINE_WEB__MAP_TILES": wrong})
