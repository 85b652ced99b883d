"""Writes ami_stream.bin.gz: what Asterisk 22 says about 20 recorded two-leg calls, without event masks.

A stand-in with the kinds, order, headers and numbers of events of a real capture (45 VarSet a call and so on). A real
capture can take its place: bench_ami.py reads any stream.
"""

import gzip
from pathlib import Path

CALLS = 20
_VARIABLES = (
    "DIALEDTIME",
    "ANSWEREDTIME",
    "RTPAUDIOQOS",
    "BRIDGEPEER",
    "MACRO_DEPTH",
    "DL_STEP",
    "DL_KIND",
    "SIPCALLID",
    "LOCAL",
)


def _channel(n: int, leg: int, prefix: str = "", state: str = "Ring") -> str:
    name = f"PJSIP/trunk-main-{n:08x}" if leg == 0 else f"PJSIP/p12-{n:08x}"
    return "".join(
        f"{prefix}{key}: {value}\r\n"
        for key, value in (
            ("Channel", name),
            ("ChannelState", "4"),
            ("ChannelStateDesc", state),
            ("CallerIDNum", f"7916{n:07d}"),
            ("CallerIDName", "Иван Петров"),
            ("ConnectedLineNum", "<unknown>"),
            ("ConnectedLineName", "<unknown>"),
            ("Language", "ru"),
            ("AccountCode", ""),
            ("Context", "from-trunk"),
            ("Exten", "74950000001"),
            ("Priority", "1"),
            ("Uniqueid", f"1795325456.{2 * n + leg}"),
            ("Linkedid", f"1795325456.{2 * n}"),
            ("ChanVariable", f"DL_CALL_ID=1795325456.{2 * n}"),
            ("ChanVariable", "DL_PHONE=" + ("p12" if leg else "")),
        )
    )


def _event(n: int, name: str, kind: str, body: str) -> str:
    return f"Event: {name}\r\nPrivilege: {kind},all\r\nTimestamp: {1795325456 + n}.250000\r\n{body}\r\n"


def _variables(n: int, leg: int, times: int) -> list[str]:
    return [
        _event(n, "VarSet", "dialplan", _channel(n, leg) + f"Variable: {name}\r\nValue: some value {i}\r\n")
        for i, name in zip(range(times), _VARIABLES * times, strict=False)
    ]


def _bridge(number: int) -> str:
    return (
        f"BridgeUniqueid: 5c1e6d3a-{number:04d}\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\n"
        "BridgeCreator: <unknown>\r\nBridgeName: <unknown>\r\nBridgeNumChannels: 2\r\nBridgeVideoSourceMode: none\r\n"
    )


def _call(n: int) -> list[str]:
    both = _channel(n, 0) + _channel(n, 1, "Dest")

    def said(name: str, leg: int = 0, more: str = "", kind: str = "call", before: str = "") -> str:
        return _event(n, name, kind, before + _channel(n, leg) + more)

    return [
        said("Newchannel"),
        *_variables(n, 0, 20),
        *(
            said("Newexten", 0, "Extension: s\r\nApplication: Set\r\nAppData: A=1\r\n", "dialplan")
            for _ in range(5)
        ),
        said(
            "UserEvent",
            0,
            f"UserEvent: DL\r\nKind: entered\r\nCallId: 1795325456.{2 * n}\r\nDid: 74950000001\r\n",
            "user",
        ),
        said("MixMonitorStart"),
        said("Newchannel", 1),
        said("NewConnectedLine", 1),
        said("NewCallerid", 1),
        _event(n, "DialBegin", "call", both + "DialString: p12/sip:2001@127.0.0.1:15081\r\n"),
        said("Newstate", 1),
        said("NewConnectedLine"),
        *_variables(n, 1, 12),
        said("Newstate", 1),
        _event(n, "DialEnd", "call", both + "DialStatus: ANSWER\r\n"),
        _event(n, "BridgeCreate", "call", _bridge(n)),
        said("BridgeEnter", 1, before=_bridge(n)),
        said("BridgeEnter", 0, before=_bridge(n)),
        *_variables(n, 0, 13),
        said("HangupRequest"),
        said("BridgeLeave", 0, before=_bridge(n)),
        said("BridgeLeave", 1, before=_bridge(n)),
        _event(n, "BridgeDestroy", "call", _bridge(n)),
        said("SoftHangupRequest", 1, "Cause: 16\r\n"),
        said("Hangup", 1, "Cause: 16\r\nCause-txt: Normal Clearing\r\n"),
        said("Hangup", 0, "Cause: 16\r\nCause-txt: Normal Clearing\r\n"),
    ]


def main() -> None:
    stream = "".join(event for n in range(CALLS) for event in _call(n)).encode()
    path = Path(__file__).with_name("ami_stream.bin.gz")
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        file.write(stream)
    print(path.name, len(stream), "bytes")


if __name__ == "__main__":
    main()
