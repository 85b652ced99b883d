"""The rendered files of a small plan, word for word. After a wanted change: DEALERLINE_WRITE_GOLDEN=1 pytest tests/golden"""

import os
from pathlib import Path

import pytest

from dialplans.check import check
from dialplans.render import render_carrier, render_pbx
from tests.factories.pbx import carrier_plan, pbx_plan

pytestmark = pytest.mark.unit

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("folder", "config"), [("pbx", render_pbx(pbx_plan())), ("carrier", render_carrier(carrier_plan()))]
)
def test_files_are_as_before(folder, config):
    kept = HERE / folder
    if os.environ.get("DEALERLINE_WRITE_GOLDEN"):
        kept.mkdir(exist_ok=True)
        for path in kept.iterdir():
            path.unlink()
        for name, text in config.files.items():
            (kept / name).write_text(text, encoding="utf-8")
    assert config.files == {path.name: path.read_text(encoding="utf-8") for path in kept.iterdir()}


def test_the_files_pass_their_own_check():
    assert check(render_pbx(pbx_plan())) == []
    assert check(render_carrier(carrier_plan())) == []
