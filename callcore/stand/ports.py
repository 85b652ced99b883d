"""Loopback ports of a stand: those asked for, those of the last time, or free ones."""

import socket
from dataclasses import dataclass

from callcore.kernel.errors import Invalid

HOST = "127.0.0.1"
_RTP_SPAN = 400
_TCP = (socket.SOCK_STREAM,)
_UDP = (socket.SOCK_DGRAM,)
_SIP = _TCP + _UDP
_Kinds = tuple[socket.SocketKind, ...]


@dataclass(frozen=True, slots=True)
class StandPorts:
    """TCP: web, ami, carrier_ami, agi. TCP and UDP: sip, carrier_sip. UDP: RTP from `rtp` and `carrier_rtp` upwards."""

    web: int
    sip: int
    carrier_sip: int
    ami: int
    carrier_ami: int
    agi: int
    rtp: int
    carrier_rtp: int

    @property
    def rtp_range(self) -> tuple[int, int]:
        return self.rtp, self.rtp + _RTP_SPAN - 1

    @property
    def carrier_rtp_range(self) -> tuple[int, int]:
        return self.carrier_rtp, self.carrier_rtp + _RTP_SPAN - 1


def choose_ports(web: int | None, sip: int | None, last: StandPorts | None) -> StandPorts:
    """Raises Invalid("port-busy") that names the asked port which somebody else holds."""
    for name, port, kinds in (("--port", web, _TCP), ("--sip-port", sip, _SIP)):
        if port is not None and not _is_free(port, kinds):
            raise Invalid(
                "port-busy",
                f"Порт {port} ({name}) занят другой программой: остановите её или выберите другой порт.",
            )
    taken = {port for port in (web, sip) if port is not None}
    old = last or StandPorts(8080, 5060, 5070, 5038, 5039, 4573, 20000, 21000)
    return StandPorts(
        web=web or _take(old.web, _TCP, taken),
        sip=sip or _take(old.sip, _SIP, taken),
        carrier_sip=_take(old.carrier_sip, _SIP, taken),
        ami=_take(old.ami, _TCP, taken),
        carrier_ami=_take(old.carrier_ami, _TCP, taken),
        agi=_take(old.agi, _TCP, taken),
        rtp=_take_span(old.rtp, taken),
        carrier_rtp=_take_span(old.carrier_rtp, taken),
    )


def _is_free(port: int, kinds: _Kinds) -> bool:
    return all(_can_be_bound(port, kind) for kind in kinds)


def _can_be_bound(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _take(wished: int, kinds: _Kinds, taken: set[int]) -> int:
    for port in range(wished, wished + 2000):
        if port not in taken and _is_free(port, kinds):
            taken.add(port)
            return port
    raise Invalid("port-busy", f"Не нашлось свободного порта рядом с {wished}.")


def _take_span(wished: int, taken: set[int]) -> int:
    for first in range(wished, 60000, _RTP_SPAN):
        span = range(first, first + _RTP_SPAN)
        if not taken & set(span) and all(_is_free(port, _UDP) for port in span[::20]):
            taken.update(span)
            return first
    raise Invalid("port-busy", "Не нашлось свободных портов для голоса (RTP).")
