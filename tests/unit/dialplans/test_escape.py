"""What may and may not be written into the PBX's files."""

import pytest

from dialplans import escape
from dialplans.escape import FILTERS, Plain, Refused

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("slug", "main-2", "main-2"),
        ("key", "p12", "p12"),
        ("number", "79001112233", "+79001112233"),
        ("number", "+79001112233", "+79001112233"),
        ("did_digits", "+74951234567", "74951234567"),
        ("port", 5060, "5060"),
        ("seconds", 0.5, "0.5"),
        ("setting", "a;b", "a\\;b"),
        ("display_name", 'Салон "Двери" <1>; центр', "Салон 'Двери' ‹1›, центр"),
        ("comment", "-- Москва; сайт", "Москва, сайт"),
        ("path", "/var/lib/Иван Петров/rec_1.0", "/var/lib/Иван Петров/rec_1.0"),
        ("network", "127.0.0.1/255.255.255.255", "127.0.0.1/255.255.255.255"),
        ("phone_name", "p7", "p7"),
        ("phone_name", "79001112233", "+79001112233"),
    ],
)
def test_a_good_value_is_written(name, value, text):
    written = FILTERS[name](value)
    assert written == text
    assert isinstance(written, Plain)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slug", "Main"),
        ("slug", "a b"),
        ("slug", ""),
        ("slug", "a\n"),
        ("key", "p"),
        ("key", "p12x"),
        ("key", "12"),
        ("key", "p12\n"),
        ("number", "+7900&p1"),
        ("number", "p1"),
        ("number", "+" + "1" * 16),
        ("digits", "1"),
        ("digits", "*99"),
        ("digits", "${X}"),
        ("host", "a,b"),
        ("host", "-x"),
        ("host", "a b"),
        ("account", "x;y"),
        ("classes", "call, system"),
        ("path", "relative/x"),
        ("path", "/a/$(id)"),
        ("path", "/a/b'c"),
        ("path", "/a,b"),
        ("path", "/a;b"),
        ("path", "/a\nb"),
        ("port", 0),
        ("port", 70000),
        ("port", "5060"),
        ("port", True),
        ("whole", -1),
        ("whole", 1.5),
        ("seconds", "1"),
        ("seconds", 9999),
        ("setting", "a\nb"),
        ("setting", " a"),
        ("setting", ""),
        ("setting", "> a"),
        ("setting", "a\\"),
        ("setting", "x" * 300),
        ("setting", "a\u2028b"),
        ("display_name", "a\r\nb"),
        ("comment", "a\x00b"),
    ],
)
def test_a_bad_value_is_refused(name, value):
    with pytest.raises(Refused):
        FILTERS[name](value)


def test_a_display_name_cannot_leave_its_quotes():
    assert not set(escape.display_name('"<>\\;')) & set('"<>\\;')
