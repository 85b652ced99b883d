import pytest

from callcore.asterisk.embedded.errors import WrongSystem
from callcore.asterisk.embedded.machine import DEBIAN, architecture_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("machine", "deb_name", "triplet", "loader"),
    [
        ("x86_64", "amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        ("AMD64", "amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        ("aarch64", "arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
        ("arm64", "arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
    ],
)
def test_known(machine, deb_name, triplet, loader):
    arch = architecture_of("Linux", machine, is_64_bit=True)
    assert (arch.deb_name, arch.triplet, arch.loader) == (deb_name, triplet, loader)


@pytest.mark.parametrize(
    ("system", "machine", "is_64_bit"),
    [
        ("Darwin", "arm64", True),
        ("Windows", "AMD64", True),
        ("Linux", "mips", True),
        ("Linux", "x86_64", False),
    ],
)
def test_unknown_says_what_to_do(system, machine, is_64_bit):
    with pytest.raises(WrongSystem) as caught:
        architecture_of(system, machine, is_64_bit)
    assert caught.value.code == "wrong-system"
    assert "asterisk -V" in caught.value.advice


def test_keyring_by_either_name(tmp_path):
    assert DEBIAN.keyring(tmp_path) is None
    (tmp_path / "debian-archive-keyring.pgp").touch()
    assert DEBIAN.keyring(tmp_path) == tmp_path / "debian-archive-keyring.pgp"
