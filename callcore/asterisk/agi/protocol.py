r"""FastAGI without a socket: bytes in, events out; values in, command lines out.

Theory of operation. Asterisk connects and sends the environment, lines `agi_name: value` and an empty line. Then we
send one command line at a time and it answers each with one line, `200 result=1`. It may say `HANGUP` in between.
Several commands at once work with Asterisk 22 and gain nothing (0.2 ms each either way); in turn, a refusal stops the rest.

    HEAD    -- empty line -->  ANSWERS        HEAD, ANSWERS, USAGE -- anything else --> AgiProtocolError
    ANSWERS -- `520-…`    -->  USAGE -- `520 …` --> ANSWERS

Source: res/res_agi.c of Asterisk 20-22 (setup_env, parse_args, run_agi).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcore.kernel.errors import Invalid
from dialplans import contract

HEAD_LIMIT_BYTES: Final = 64 * 1024
LINE_LIMIT_BYTES: Final = 8 * 1024
COMMAND_LIMIT_BYTES: Final = 2047  # AGI_BUF_LEN less the end; Asterisk cuts the rest

_VARIABLE: Final = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{0,78}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
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
    """Channel variables in the order of setting. DL_ROUTED is not among them: the server says it, last."""

    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CommandAnswered:
    """`200 result=1 (data)`. 510 unknown, 511 dead channel, 520 wrong usage."""

    code: int
    result: str
    data: str

    @property
    def is_success(self) -> bool:
        return self.code == 200 and self.result == "1"


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
    """The whole answer as command lines, DL_ROUTED=1 last. Raises Invalid before anything is sent."""
    if any(name.strip("_") == contract.ROUTED.strip("_") for name, _ in reply.variables):
        raise Invalid("bad-variable", fields={contract.ROUTED: "is said by the server, last"})
    return [set_variable(name, value) for name, value in (*reply.variables, (contract.ROUTED, "1"))]


def set_variable(name: str, value: str) -> bytes:
    """One `SET VARIABLE` line. The name is allow-listed: with brackets it would be a dialplan function."""
    if not _VARIABLE.fullmatch(name):
        raise Invalid("bad-variable", fields={name: "capital letters, digits and _"})
    if _CONTROL.search(value):
        raise Invalid("control-characters", fields={name: "remove control characters and line ends"})
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    line = f'SET VARIABLE {name} "{quoted}"\n'.encode()
    if len(line) > COMMAND_LIMIT_BYTES:
        raise Invalid("bad-variable", fields={name: f"the line is over {COMMAND_LIMIT_BYTES} bytes"})
    return line
