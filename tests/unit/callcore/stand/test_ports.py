"""A stand finds loopback ports that nobody has, each once."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple

import pytest

from callcore.kernel.errors import Invalid
from callcore.stand.ports import HOST, StandPorts, choose_ports

pytestmark = pytest.mark.unit

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
# A block of this test alone: no stand and no lab begins here.
LAST = StandPorts(31000, 31010, 31020, 31030, 31031, 31040, 31100, 31500)


@contextmanager
def held(port: int, kind: socket.SocketKind) -> Iterator[None]:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind((HOST, port))
        if kind == TCP:
            holder.listen()
        yield


def test_those_of_the_last_time_while_they_are_free() -> None:
    assert choose_ports(None, None, LAST) == LAST


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_sip_wants_a_port_of_both_kinds(kind: socket.SocketKind) -> None:
    with held(LAST.sip, kind):
        assert choose_ports(None, None, LAST).sip == LAST.sip + 1
        with pytest.raises(Invalid, match=f"Порт {LAST.sip} .--sip-port. занят"):
            choose_ports(None, LAST.sip, LAST)


def test_two_do_not_get_the_same() -> None:
    with held(LAST.ami, TCP):
        ports = choose_ports(LAST.carrier_ami, LAST.carrier_sip, LAST)
    assert (ports.web, ports.sip) == (LAST.carrier_ami, LAST.carrier_sip)
    assert len(set(astuple(ports))) == len(astuple(ports))
