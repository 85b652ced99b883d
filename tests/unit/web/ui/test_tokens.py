"""Every pair of text and ground in tokens.css holds WCAG AA (4.5 to 1), in light and in dark."""

import re
from pathlib import Path

import pytest

import web.ui

pytestmark = pytest.mark.unit
CSS = (Path(web.ui.__file__).parent / "static" / "tokens.css").read_text(encoding="utf-8")
TONES = ("ok", "warn", "bad", "info", "calm")
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "accent") for ground in ("ground", "surface", "surface-2")),
    *((tone, f"{tone}-soft") for tone in TONES),
    *((tone, "surface") for tone in TONES),
    *(("ink", f"{tone}-soft") for tone in TONES),
    ("accent-ink", "accent"),
    ("accent-strong", "accent-soft"),
]


def palette(theme: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{theme}"\] \{{(.*?)\}}', CSS, re.DOTALL)
    assert block is not None
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block[1]))
    assert len(found) > 20
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
    parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme: str) -> None:
    colours = palette(theme)
    weak = []
    for ink, ground in PAIRS:
        bright, dim = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        ratio = (bright + 0.05) / (dim + 0.05)
        if ratio < 4.5:
            weak.append(f"{ink} on {ground}: {ratio:.2f}")
    assert weak == []
