import pytest

from callcore.asterisk.agi.protocol import (
    COMMAND_LIMIT_BYTES,
    HEAD_LIMIT_BYTES,
    LINE_LIMIT_BYTES,
    AgiConnection,
    AgiProtocolError,
    AgiRequest,
    CallerHungUp,
    CommandAnswered,
    RouteReply,
    read_request,
    reply_commands,
)
from callcore.kernel.errors import Invalid
from tests.fakes.agi_client import head

pytestmark = pytest.mark.unit


def after_head() -> AgiConnection:
    connection = AgiConnection()
    connection.receive(head())
    return connection


def feed(connection: AgiConnection, chunk: bytes, times: int) -> None:
    for _ in range(times):
        connection.receive(chunk)


def test_a_head_becomes_a_request() -> None:
    assert AgiConnection().receive(head()) == [
        AgiRequest(
            script="inbound",
            call_id="1795325456.80",
            did="74950000001",
            caller_number="79161234567",
            caller_name="Иван Петров",
            channel="PJSIP/trunk-main-00000050",
            uniqueid="1795325456.80",
            arguments=("1795325456.80", "74950000001"),
        )
    ]


def test_any_chunks_give_the_same() -> None:
    stream = head() + b"200 result=1\nHANGUP\n"
    whole = AgiConnection().receive(stream)
    single = AgiConnection()
    assert [event for byte in stream for event in single.receive(bytes([byte]))] == whole
    assert len(whole) == 3


@pytest.mark.parametrize("said", ["unknown", ""])
def test_a_caller_without_number_and_name(said: str) -> None:
    (request,) = AgiConnection().receive(head(agi_callerid=said, agi_calleridname=said))
    assert isinstance(request, AgiRequest)
    assert (request.caller_number, request.caller_name) == ("", "")


def test_a_cp1251_name_survives() -> None:
    raw = head(agi_calleridname="@@").replace(b"@@", "Пётр".encode("cp1251"))
    (request,) = AgiConnection().receive(raw)
    assert isinstance(request, AgiRequest)
    assert request.caller_name
    assert request.did == "74950000001"


@pytest.mark.parametrize(
    "name", ['"', ",", "&", "${SHELL(id)}", "a: b", "Ив,ан & \\ ко", "x" * 4000, "агент\u2028"], ids=repr
)
def test_odd_names_are_only_names(name: str) -> None:
    (request,) = AgiConnection().receive(head(agi_calleridname=name))
    assert isinstance(request, AgiRequest)
    assert request.caller_name == name


def test_a_name_with_line_ends_cannot_smuggle_headers() -> None:
    evil = "x\nagi_arg_1: evil\nagi_arg_2: 112\nagi_uniqueid: evil\nagi_channel: evil\nnonsense"
    (request,) = AgiConnection().receive(head(agi_calleridname=evil))
    assert isinstance(request, AgiRequest)
    assert request.arguments == ("1795325456.80", "74950000001")
    assert "evil" not in (request.call_id, request.uniqueid, request.channel)


def test_without_arguments_the_channel_speaks() -> None:
    request = read_request(["agi_network_script: inbound?x=1", "agi_uniqueid: 1.2", "agi_extension: 7495"])
    assert (request.script, request.call_id, request.did) == ("inbound", "1.2", "7495")


def test_ten_arguments_keep_their_order() -> None:
    request = read_request([f"agi_arg_{n}: a{n}" for n in range(1, 12)])
    assert request.arguments == tuple(f"a{n}" for n in range(1, 12))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"200 result=0\n", CommandAnswered(200, "0", "")),
        (b"200 result=1 (some value)\n", CommandAnswered(200, "1", "some value")),
        (b"200 result=0\r\n", CommandAnswered(200, "0", "")),
        (b"200 result=-1\n", CommandAnswered(200, "-1", "")),
        (b"200 result= (timeout)\n", CommandAnswered(200, "", "timeout")),
        (b"510 Invalid or unknown command\n", CommandAnswered(510, "", "Invalid or unknown command")),
        (b"511 Command Not Permitted\n", CommandAnswered(511, "", "Command Not Permitted")),
        (
            b"520-Invalid command syntax.  Proper usage follows:\nUsage: SET VARIABLE\n520 End of proper usage.\n",
            CommandAnswered(520, "", "End of proper usage."),
        ),
        (b"100 result=0 Trying...\n200 result=1\n", CommandAnswered(200, "1", "")),
        (b"HANGUP\n", CallerHungUp()),
    ],
)
def test_answers(line: bytes, answer: object) -> None:
    assert after_head().receive(line) == [answer]


def test_only_a_200_with_0_is_success() -> None:
    assert CommandAnswered(200, "0", "").is_success
    assert not any(
        CommandAnswered(code, result, "").is_success
        for code, result in ((200, "-2"), (200, "-1"), (511, "0"))
    )


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n", b"\n", b"\x16\x03\x01\x02\x00\n", b"OPTIONS sip:x\r\n"]
)
def test_what_is_no_agi_is_told_at_the_first_line(garbage: bytes) -> None:
    with pytest.raises(AgiProtocolError):
        AgiConnection().receive(garbage)


def test_garbage_instead_of_an_answer() -> None:
    with pytest.raises(AgiProtocolError):
        after_head().receive(b"what?\n")


def test_an_endless_line_is_cut() -> None:
    connection = AgiConnection()
    with pytest.raises(AgiProtocolError):
        feed(connection, b"a" * 1000, LINE_LIMIT_BYTES // 1000 + 1)


def test_an_endless_head_is_cut() -> None:
    connection = AgiConnection()
    with pytest.raises(AgiProtocolError):
        feed(connection, b"agi_x: " + b"y" * 992 + b"\n", HEAD_LIMIT_BYTES // 1000 + 1)


def test_an_endless_answer_is_cut() -> None:
    connection = after_head()
    with pytest.raises(AgiProtocolError):
        feed(connection, b"2" * 1000, LINE_LIMIT_BYTES // 1000 + 1)


@pytest.mark.parametrize("value", ["p12-p31", "", "dealerline/a&dealerline/b", "ru", "+79161234567", "a.b"])
def test_values_of_a_plan_can_be_said(value: str) -> None:
    (line,) = reply_commands(RouteReply((("DL_A", value),)))
    assert line == f'EXEC MSet "DL_A={value},DL_ROUTED=1"\n'.encode()


@pytest.mark.parametrize(
    "value",
    [
        "a\nEXEC System id",
        "a\r",
        "\x00",
        "\t",
        "\x7f",
        "\u2028",
        "a,DL_B=1",
        'a"b',
        "a\\b",
        "${X}",
        "$[1]",
        "a b",
        "Д",
        "a=b",
    ],
)
def test_values_that_mean_something_to_the_pbx_are_refused(value: str) -> None:
    with pytest.raises(Invalid):
        reply_commands(RouteReply((("DL_A", value),)))


@pytest.mark.parametrize("name", ["", "dl_a", "DL A", "SHELL(id)", "DL_A\n", "___A", 'A"', "A" * 80, "Д"])
def test_names_are_allow_listed(name: str) -> None:
    with pytest.raises(Invalid):
        reply_commands(RouteReply(((name, "1"),)))


def test_inheritance_marks_are_allowed() -> None:
    (line,) = reply_commands(RouteReply((("__DL_PHONE", "p1"),)))
    assert line.startswith(b'EXEC MSet "__DL_PHONE=p1,')


def test_a_command_that_asterisk_would_cut_is_refused() -> None:
    fits = COMMAND_LIMIT_BYTES - len(b'EXEC MSet "DL_A="\n')
    first, last = reply_commands(RouteReply((("DL_A", "x" * fits),)))
    assert (len(first), last) == (COMMAND_LIMIT_BYTES, b'EXEC MSet "DL_ROUTED=1"\n')
    with pytest.raises(Invalid):
        reply_commands(RouteReply((("DL_A", "x" * (fits + 1)),)))


@pytest.mark.parametrize(("count", "lines"), [(0, 1), (23, 1), (24, 2), (100, 5)])
def test_a_long_plan_takes_several_commands_and_nothing_is_lost(count: int, lines: int) -> None:
    variables = tuple((f"DL_X{n}", "x" * 50) for n in range(count))
    commands = reply_commands(RouteReply(variables))
    pairs = [pair for line in commands for pair in line[len(b'EXEC MSet "') : -2].decode().split(",")]
    assert pairs == [f"{name}={value}" for name, value in (*variables, ("DL_ROUTED", "1"))]
    assert len(commands) == lines
    assert all(len(line) <= COMMAND_LIMIT_BYTES for line in commands)


def test_routed_is_only_ours() -> None:
    for name in ("DL_ROUTED", "_DL_ROUTED", "__DL_ROUTED"):
        with pytest.raises(Invalid):
            reply_commands(RouteReply(((name, "1"),)))
