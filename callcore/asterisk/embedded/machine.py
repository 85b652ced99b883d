"""What this machine is to a package archive: its architecture and the archives whose signatures it can check."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.embedded.errors import WrongSystem

KEYRINGS = Path("/usr/share/keyrings")


@dataclass(frozen=True, slots=True)
class Architecture:
    """One processor in the three spellings that are needed."""

    deb_name: str
    triplet: str
    loader: str


_ARCHITECTURES = {
    "x86_64": Architecture("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": Architecture("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}


def architecture_of(system: str, machine: str, is_64_bit: bool) -> Architecture:
    """Take the answers of `platform`; a 32-bit userland on a 64-bit kernel is refused."""
    known = _ARCHITECTURES.get(machine.lower().replace("amd64", "x86_64").replace("arm64", "aarch64"))
    if system != "Linux" or known is None or not is_64_bit:
        raise WrongSystem(
            "wrong-system",
            f"no embedded Asterisk for {system} on {machine}",
            advice="Встроенный Asterisk бывает для 64-разрядного Linux на x86_64 и aarch64. "
            "Поставьте Asterisk 20 или новее сами: команда `asterisk -V` должна его показать.",
        )
    return known


def this_architecture() -> Architecture:
    return architecture_of(platform.system(), platform.machine(), sys.maxsize > 2**32)


@dataclass(frozen=True, slots=True)
class Archive:
    """A distribution's archive: how to recognise it, verify it, and where in it to look.

    `first_suite` is taken when it has a good Asterisk; of `other_suites` the newest Asterisk wins.
    """

    name: str
    keyring_package: str
    keyring_names: tuple[str, ...]
    components: tuple[str, ...]
    first_suite: str
    other_suites: tuple[str, ...]

    def keyring(self, folder: Path = KEYRINGS) -> Path | None:
        return next((folder / name for name in self.keyring_names if (folder / name).is_file()), None)


DEBIAN = Archive(
    name="debian",
    keyring_package="debian-archive-keyring",
    keyring_names=("debian-archive-keyring.gpg", "debian-archive-keyring.pgp"),
    components=("main",),
    first_suite="sid",
    other_suites=(
        "unstable",
        "testing",
        "stable",
        "stable-backports",
        "forky",
        "trixie",
        "bookworm",
        "bullseye",
    ),
)
UBUNTU = Archive(
    name="ubuntu",
    keyring_package="ubuntu-keyring",
    keyring_names=("ubuntu-archive-keyring.gpg",),
    components=("main", "universe"),
    first_suite="devel",
    other_suites=("resolute", "questing", "plucky", "noble", "jammy"),
)
ARCHIVES = (DEBIAN, UBUNTU)
