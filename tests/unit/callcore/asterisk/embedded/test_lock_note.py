import json

import pytest

from callcore.asterisk.embedded.lock_note import (
    NAME,
    LockNote,
    deb_identity,
    list_digest,
    parse_note,
    read_note,
    write_note,
)

pytestmark = pytest.mark.unit

NOTE = LockNote(
    root="asterisk-amd64-0123456789ab",
    asterisk="22.10.1",
    suite="sid",
    architecture="amd64",
    packages=(("asterisk", "1:22.10.1-1"), ("libc6", "2.43-7")),
    debs_sha256="ab" * 32,
)


def test_round_trip(tmp_path):
    write_note(tmp_path, NOTE)
    assert read_note(tmp_path) == NOTE
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_it_is_plain_json_for_people():
    body = json.loads(NOTE.to_json())
    assert body["packages"]["libc6"] == "2.43-7"
    assert body["suite"] == "sid"


def test_no_note_in_an_empty_cache(tmp_path):
    assert read_note(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"root": "../elsewhere"},
        {"root": "/etc"},
        {"root": ""},
        {"asterisk": None},
        {"packages": ["asterisk"]},
        {"packages": None},
    ],
)
def test_a_strange_note_is_no_note(change):
    assert parse_note(json.dumps({**json.loads(NOTE.to_json()), **change})) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', NOTE.to_json()[:100]])
def test_a_torn_note_is_no_note(text):
    assert parse_note(text) is None


def test_a_note_of_bytes_is_no_note(tmp_path):
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    assert read_note(tmp_path) is None


def test_deb_names():
    assert deb_identity("libcrypt1_1%3a4.5.2+20251210-1_amd64.deb") == ("libcrypt1", "1:4.5.2+20251210-1")
    assert deb_identity("adduser_3.159_all.deb") == ("adduser", "3.159")


def test_digest_is_of_the_list_not_of_its_order():
    first = list_digest({"a.deb": "11", "b.deb": "22"})
    assert first == list_digest({"b.deb": "22", "a.deb": "11"})
    assert first != list_digest({"a.deb": "22", "b.deb": "11"})
    assert len(first) == 64
