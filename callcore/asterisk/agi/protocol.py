r"""FastAGI without a socket: bytes in, events out; values in, command lines out.

Theory of operation. Asterisk connects and sends the environment, lines `agi_name: value` and an empty line. Then we
send one command line at a time and it answers each with one line, `200 result=0`. It may say `HANGUP` in between.
A command costs the caller 0.3 ms, so the whole plan is one `EXEC MSet` (a few for a long plan, in turn: a refusal stops
the rest). MSet splits at commas and takes off quotes; values are therefore allow-listed instead of quoted.

    HEAD    -- empty line -->  ANSWERS        HEAD, ANSWERS, USAGE -- anything else --> AgiProtocolError
    ANSWERS -- `520-…`    -->  USAGE -- `520 …` --> ANSWERS

Source: res/res_agi.c (setup_env, parse_args, run_agi, handle_exec), main/pbx_variables.c (MSet) of Asterisk 20-22.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callcore.kernel.errors import Invalid
from dialplans import contract

HEAD_LIMIT_BYTES: Final = 64 * 1024
LINE_LIMIT_BYTES: Final = 8 * 1024
COMMAND_LIMIT_BYTES: Final = 2047  # AGI_BUF_LEN less the end; Asterisk cuts the rest

PAIRS_AT_ONCE: Final = 24  # MSet reads no more

_VARIABLE: Final = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{0,78}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_/&.+-]*")
_ANSWER: Final = re.compile(r"(\d{3})(?: (?:result=(\S*))?(?: ?\((.*)\))?(.*))?")
_ARGUMENT: Final = re.compile(r"agi_arg_(\d{1,3})")


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What the PBX asks. `arguments` are those of AGI(…) in order; the first two are call id and dialled number.
    A caller without number or name has empty ones."""

    script: str
    call_id: str
    did: str
    caller_number: str
    caller_name: str
    channel: str
    uniqueid: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteReply:
    """Channel variables in the order of setting. DL_ROUTED is not among them: the server says it, last. `afterwards` is
    called once the PBX has taken all of it, in the server's own thread."""

    variables: tuple[tuple[str, str], ...]
    afterwards: Callable[[], object] = field(default=lambda: None, compare=False)


@dataclass(frozen=True, slots=True)
class CommandAnswered:
    """`200 result=0 (data)`. 510 unknown, 511 dead channel, 520 wrong usage; EXEC says -2 when there is no such thing."""

    code: int
    result: str
    data: str

    @property
    def is_success(self) -> bool:
        return self.code == 200 and self.result == "0"


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The line HANGUP."""


AgiEvent = AgiRequest | CommandAnswered | CallerHungUp


class AgiProtocolError(Exception):
    """The peer is no Asterisk, or sends too much; the connection is of no more use."""


class _State(StrEnum):
    HEAD = "head"
    ANSWERS = "answers"
    USAGE = "usage"


class AgiConnection:
    """The reading side. `receive` takes any chunk and returns the events that it completed."""

    def __init__(self) -> None:
        self._state = _State.HEAD
        self._rest = b""
        self._head_bytes = 0
        self._head: list[str] = []

    def receive(self, data: bytes) -> list[AgiEvent]:
        """Raises AgiProtocolError; after it the connection must be dropped."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._state is _State.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES:
                raise AgiProtocolError("the head is too long")
        events: list[AgiEvent] = []
        for raw in (*lines, self._rest):
            if len(raw) > LINE_LIMIT_BYTES:
                raise AgiProtocolError("a line is too long")
        for raw in lines:
            event = self._line(raw.decode("utf-8", "replace").rstrip("\r"))
            if event is not None:
                events.append(event)
        return events

    def _line(self, line: str) -> AgiEvent | None:
        if self._state is _State.HEAD:
            return self._head_line(line)
        if self._state is _State.USAGE:
            if line.startswith("520 "):
                self._state = _State.ANSWERS
                return CommandAnswered(520, "", line[4:])
            return None
        return self._answer_line(line)

    def _head_line(self, line: str) -> AgiEvent | None:
        if not self._head and not line.startswith("agi_"):
            raise AgiProtocolError("this is not AGI")
        if line:
            self._head.append(line)
            return None
        self._state = _State.ANSWERS
        head, self._head = self._head, []
        return read_request(head)

    def _answer_line(self, line: str) -> AgiEvent | None:
        if line == "HANGUP":
            return CallerHungUp()
        if line.startswith("520-"):
            self._state = _State.USAGE
            return None
        answer = _ANSWER.fullmatch(line)
        if answer is None:
            raise AgiProtocolError("neither an answer nor HANGUP")
        if answer[1] == "100":  # Trying: the answer follows
            return None
        return CommandAnswered(int(answer[1]), answer[2] or "", (answer[3] or answer[4] or "").strip())


def read_request(lines: Iterable[str]) -> AgiRequest:
    """The head's lines -> the request.

    A caller name with a line end in it could smuggle headers: what stands before the name in the head counts the
    first time it is said, the arguments, which stand at the very end, the last time. Lines of another shape are
    passed over.
    """
    head: dict[str, str] = {}
    arguments: dict[int, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        argument = _ARGUMENT.fullmatch(name)
        if argument:
            arguments[int(argument[1])] = value
        elif colon:
            head.setdefault(name, value)
    in_order = tuple(arguments[n] for n in sorted(arguments))
    uniqueid = head.get("agi_uniqueid", "")
    return AgiRequest(
        script=head.get("agi_network_script", "").partition("?")[0].strip("/"),
        call_id=(in_order[0] if in_order else "") or uniqueid,
        did=in_order[1] if len(in_order) > 1 else head.get("agi_extension", ""),
        caller_number=_known(head.get("agi_callerid", "")),
        caller_name=_known(head.get("agi_calleridname", "")),
        channel=head.get("agi_channel", ""),
        uniqueid=uniqueid,
        arguments=in_order,
    )


def _known(value: str) -> str:
    return "" if value == "unknown" else value


def reply_commands(reply: RouteReply) -> list[bytes]:
    """The whole answer as command lines, mostly one; DL_ROUTED=1 is the last word. Raises Invalid before anything is sent."""
    if any(name.strip("_") == contract.ROUTED.strip("_") for name, _ in reply.variables):
        raise Invalid("bad-variable", fields={contract.ROUTED: "is said by the server, last"})
    commands: list[bytes] = []
    pairs: list[str] = []
    size = 0
    for name, value in (*reply.variables, (contract.ROUTED, "1")):
        pair = _pair(name, value)
        if len(pairs) == PAIRS_AT_ONCE or size + len(pair) > _ROOM:
            commands.append(_set(pairs))
            pairs, size = [], 0
        pairs.append(pair)
        size += len(pair) + 1
    return [*commands, _set(pairs)]


_ROOM: Final = COMMAND_LIMIT_BYTES - len('EXEC MSet ""\n')


def _set(pairs: Iterable[str]) -> bytes:
    return f'EXEC MSet "{",".join(pairs)}"\n'.encode()


def _pair(name: str, value: str) -> str:
    """The name is allow-listed: with brackets it would be a dialplan function."""
    if not _VARIABLE.fullmatch(name):
        raise Invalid("bad-variable", fields={name: "capital letters, digits and _"})
    if not _VALUE.fullmatch(value):
        raise Invalid("bad-variable", fields={name: "latin letters, digits and _ / & . + -"})
    pair = f"{name}={value}"
    if len(pair) > _ROOM:
        raise Invalid("bad-variable", fields={name: f"the line is over {COMMAND_LIMIT_BYTES} bytes"})
    return pair
