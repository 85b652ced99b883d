import pytest

from callcore.asterisk.embedded.versions import Offer, asterisk_version, best_offer, is_new_enough

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1\n", (22, 10, 1)),
        ("Asterisk 18.26.4", (18, 26, 4)),
        ("Asterisk certified/20.7-cert5", (20, 7)),
        ("1:22.10.1+dfsg+~cs6.17-1", (22, 10, 1)),
        ("1:16.28.0~dfsg-0+deb11u4", (16, 28, 0)),
        ("Asterisk GIT-master-0a1b2c", None),
        ("", None),
        ("Asterisk", None),
    ],
)
def test_version(text, version):
    assert asterisk_version(text) == version


@pytest.mark.parametrize(
    ("text", "good"),
    [("Asterisk 20.0.0", True), ("Asterisk 20", True), ("Asterisk 19.8.1", False), ("Asterisk GIT-x", False)],
)
def test_twenty_is_the_least(text, good):
    assert is_new_enough(text) is good


def offer(suite, version):
    return Offer("http://mirror.example/debian", suite, version)


def test_the_newest_wins_by_number_not_by_letter():
    offers = [
        offer("a", "1:20.9.3-1"),
        offer("b", "1:22.9.0-1"),
        offer("c", "1:22.10.1-1"),
        offer("d", "9:9.0-1"),
    ]
    assert best_offer(offers) == offers[2]


def test_of_equals_the_earlier_wins():
    offers = [offer("testing", "1:22.10.1-1"), offer("forky", "1:22.10.1-2")]
    assert best_offer(offers) == offers[0]


def test_old_ones_are_no_offer():
    assert best_offer([offer("bullseye", "1:16.28.0~dfsg-0+deb11u4")]) is None
    assert best_offer([]) is None
