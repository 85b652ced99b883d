"""The slimmed stylesheet keeps what pages use, and nothing breaks on the way."""

import pytest

from web.ui.stylesheet import slimmed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (".btn{a:b}", ".btn{a:b}"),
        (".carousel{a:b}", ""),
        (".btn,.carousel{a:b}", ".btn{a:b}"),
        (".btn-facebook{a:b}.btn-primary{c:d}", ".btn-primary{c:d}"),
        ("@media (x){.carousel{a:b}}.card{c:d}", ".card{c:d}"),
        ("@media (x){.card{a:b}}", "@media (x){.card{a:b}}"),
        (":is(.card,.btn) a{a:b}", ":is(.card,.btn) a{a:b}"),
        ("@keyframes k{from{a:b}to{c:d}}", "@keyframes k{from{a:b}to{c:d}}"),
        ("body{a:b}/* x{ */h1{c:d}", "body{a:b}h1{c:d}"),
        ('@charset "utf-8";p{a:b}', "p{a:b}"),
    ],
)
def test_rules(css: str, expected: str) -> None:
    assert slimmed(css) == expected


def test_an_open_rule_is_an_error() -> None:
    with pytest.raises(ValueError, match="never closed"):
        slimmed(".btn{a:b")
