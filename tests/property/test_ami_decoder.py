"""Whatever the chunks and the bytes: nothing is lost, nothing is raised, the order holds."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.asterisk.agi.protocol import AgiConnection, AgiProtocolError
from callcore.asterisk.ami.decoder import AmiDecoder, parse
from callcore.asterisk.ami.headers import RawEvent
from callcore.asterisk.ami.translate import TRANSLATED, read_fact, translate
from callcore.calls.facts import PbxFact

pytestmark = pytest.mark.property

_text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
_names = st.text("ABCDEFGHabcdefgh-", min_size=1, max_size=8)
_messages = st.lists(
    st.lists(st.tuples(_names, _text), max_size=5).map(lambda pairs: [("Event", "X"), *pairs]),
    min_size=1,
    max_size=6,
)
_own_headers = st.builds(
    str.__add__,
    st.sampled_from(["", "Dest", "LocalOne", "LocalTwo", "Transferer", "OrigTransferer"]),
    st.sampled_from(["Channel", "Uniqueid", "Linkedid", "ChanVariable"]),
) | st.sampled_from(["Timestamp", "Cause", "Device", "State", "UserEvent", "Kind", "Duration"])
_value = st.one_of(
    _text,
    st.lists(_text, max_size=3),
    st.sampled_from(
        ["1795325456.80", "99999999999999999999", "-1", "DL", "PJSIP/p12-0000001a", "PJSIP/p12", "INUSE"]
    ),
)


def _bytes(message: list[tuple[str, str]]) -> bytes:
    return "\r\n".join(f"{name}: {value}" for name, value in message).encode() + b"\r\n\r\n"


def _cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    borders = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in itertools.pairwise(borders)]


@given(_messages, st.lists(st.integers(0, 500), max_size=12))
def test_chunks_do_not_matter(messages: list[list[tuple[str, str]]], cuts: list[int]) -> None:
    stream = b"Asterisk Call Manager/11.0.0\r\n" + b"".join(map(_bytes, messages))
    whole = AmiDecoder().feed(stream)
    decoder = AmiDecoder()
    pieces = [message for chunk in _cut(stream, cuts) for message in decoder.feed(chunk)]
    assert [parse(m) for m in pieces] == [parse(m) for m in whole]
    assert len(whole) == len(messages)
    for headers, message in zip(map(parse, whole), messages, strict=True):
        assert [headers["Event"]] == ["X"] or isinstance(headers["Event"], list)
        for name, value in message:
            kept = headers[name]
            assert value in (kept if isinstance(kept, list) else [kept])


@given(st.lists(st.binary(max_size=80), max_size=10))
def test_any_bytes_are_survived(chunks: list[bytes]) -> None:
    decoder = AmiDecoder()
    for chunk in (b"x\r\n", *chunks, b"\r\n\r\n"):
        for message in decoder.feed(chunk):
            fact = translate(parse(message))
            assert fact is None or isinstance(fact, PbxFact)


@settings(max_examples=300)
@given(st.sampled_from(sorted(TRANSLATED)), st.dictionaries(_own_headers, _value, max_size=12))
def test_no_event_raises(name: str, headers: dict[str, str | list[str]]) -> None:
    fact = translate({"Event": name, **headers})
    assert fact is None or fact.at.tzinfo is not None


@given(st.sampled_from(sorted(TRANSLATED)), st.dictionaries(_own_headers, _value, max_size=12))
def test_both_readers_agree(name: str, headers: dict[str, str | list[str]]) -> None:
    lines = [f"Event: {name}"]
    for key, value in headers.items():
        lines += [f"{key}: {one}" for one in ([value] if isinstance(value, str) else value)]
    message = "\r\n".join(lines).encode()
    assert read_fact(RawEvent(name, message)) == translate(parse(message))


@given(st.integers(0, 4_000_000_000), st.integers(0, 999_999))
def test_instants_are_exact(seconds: int, micros: int) -> None:
    event: dict[str, str | list[str]] = {
        "Event": "Newstate",
        "Timestamp": f"{seconds}.{micros:06d}",
        "Channel": "PJSIP/p1-1",
        "Uniqueid": "1.1",
    }
    fact = translate(event)
    assert fact is not None
    assert fact.at == datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_agi_bytes_end_in_events_or_one_error(chunks: list[bytes]) -> None:
    connection = AgiConnection()
    try:
        for chunk in (b"agi_network: yes\n", *chunks):
            connection.receive(chunk)
    except AgiProtocolError:
        pass
