import pytest

from callcore.asterisk.ami.decoder import MESSAGE_LIMIT_BYTES, AmiDecoder, MessageTooLong, parse

pytestmark = pytest.mark.unit

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
NAME = "CallerIDName: Иван Петров".encode()


def decoded(*chunks: bytes) -> list[bytes]:
    decoder = AmiDecoder()
    decoder.feed(BANNER)
    return [message for chunk in chunks for message in decoder.feed(chunk)]


@pytest.mark.parametrize("cut", range(1, len(NAME) + 12))
def test_a_cyrillic_name_split_at_any_byte_is_whole(cut: int) -> None:
    stream = b"Event: X\r\n" + NAME + b"\r\n\r\n"
    (message,) = decoded(stream[:cut], stream[cut:])
    assert parse(message)["CallerIDName"] == "Иван Петров"


def test_byte_by_byte() -> None:
    stream = (b"Event: X\r\n" + NAME + b"\r\n\r\n") * 2
    assert [parse(m)["CallerIDName"] for m in decoded(*(bytes([b]) for b in stream))] == ["Иван Петров"] * 2


def test_a_cp1251_name_spoils_only_itself() -> None:
    stream = b"Event: X\r\nCallerIDName: " + "Пётр".encode("cp1251") + b"\r\nUniqueid: 1.2\r\n\r\n"
    (message,) = decoded(stream)
    headers = parse(message)
    assert headers["Uniqueid"] == "1.2"
    assert "\ufffd" in headers["CallerIDName"]


def test_the_banner_is_kept_and_may_be_split() -> None:
    decoder = AmiDecoder()
    assert decoder.feed(BANNER[:10]) == []
    assert decoder.banner == ""
    assert decoder.feed(BANNER[10:] + b"Event: X\r\n\r\n") == [b"Event: X"]
    assert decoder.banner == "Asterisk Call Manager/11.0.0"


def test_one_line_end_too_many_is_nobodys() -> None:
    messages = decoded(b"Event: A\r\n\r\n\r\nEvent: B\r\n\r\n")
    assert messages == [b"Event: A", b"Event: B"]


def test_a_line_end_too_many_at_the_border_of_a_chunk() -> None:
    messages = decoded(b"Event: A\r\n\r\n\r\n", b"Event: B\r\n\r\n")
    assert [parse(m)["Event"] for m in messages] == ["A", "B"]


def test_a_peer_without_line_ends_is_given_up() -> None:
    decoder = AmiDecoder()
    decoder.feed(BANNER)
    with pytest.raises(MessageTooLong):
        decoder.feed(b"x" * (MESSAGE_LIMIT_BYTES + 1))


def test_a_peer_without_a_banner_is_given_up() -> None:
    with pytest.raises(MessageTooLong):
        AmiDecoder().feed(b"x" * (MESSAGE_LIMIT_BYTES + 1))


def test_repeated_headers_keep_their_order() -> None:
    headers = parse(b"Event: X\r\nChanVariable: A=1\r\nChanVariable: B=\r\nChanVariable: C=x: y")
    assert headers["ChanVariable"] == ["A=1", "B=", "C=x: y"]


def test_empty_values_and_odd_lines() -> None:
    assert parse(b"Event: X\r\nAccountCode: \r\nBare:\r\nnonsense\r\nValue: a: b") == {
        "Event": "X",
        "AccountCode": "",
        "Bare": "",
        "Value": "a: b",
    }
