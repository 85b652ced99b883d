"""The whole installation against small stand-ins for apt and dpkg that speak their formats."""

import fcntl
import json
import os
import threading
from functools import partial
from types import SimpleNamespace

import pytest

from callcore.asterisk.embedded import install
from callcore.asterisk.embedded.choose import choose_source
from callcore.asterisk.embedded.errors import (
    AptMissing,
    AsteriskNotFound,
    InstallFailed,
    KeyringMissing,
    NoNetwork,
    NoSpace,
)
from callcore.asterisk.embedded.install import find_or_install
from callcore.asterisk.embedded.lock_note import NAME
from callcore.asterisk.embedded.sources import Source

pytestmark = pytest.mark.integration

# Reads what the real one reads: the private sources.list beside $APT_CONFIG.
APT_GET = """#!/bin/sh
dir=$(dirname "$APT_CONFIG"); read -r _ _ signed uri suite _ < "$dir/etc/sources.list"
echo "$suite $*" >> "$WORLD/asked"
case "$*" in
*update*)
  [ -e "$WORLD/offline" ] && { echo "E: Could not resolve 'mirror.example'" >&2; exit 100; }
  [ -e "$WORLD/unsigned" ] && { echo "W: GPG error: NO_PUBKEY 6ED0E7B82643E131" >&2; exit 100; }
  [ -e "$WORLD/suites/$suite" ] || { echo "E: The repository '$suite Release' does not have a Release file." >&2; exit 100; } ;;
*--print-uris*)
  grep -q unmet "$WORLD/suites/$suite" && { echo "E: Unable to correct problems" >&2; exit 100; }
  echo "'http://mirror.example/pool/asterisk_1%3a22_amd64.deb' asterisk_1%3a22_amd64.deb 9 SHA256:0"
  echo "'http://mirror.example/pool/libc6_2.43_amd64.deb' libc6_2.43_amd64.deb 9 SHA256:0" ;;
*)
  [ -e "$WORLD/cut" ] && { echo "E: Failed to fetch: Connection failed" >&2; exit 100; }
  for name in asterisk_1%3a22 libc6_2.43; do
    echo "Get:1 http://mirror.example $name"; echo "$suite" > "$dir/cache/archives/${name}_amd64.deb"
  done ;;
esac
"""
APT_CACHE = """#!/bin/sh
dir=$(dirname "$APT_CONFIG"); read -r _ _ _ _ suite _ < "$dir/etc/sources.list"
version=$(head -1 "$WORLD/suites/$suite")
echo "$2:"; echo "  Installed: (none)"; echo "  Candidate: ${version:-(none)}"
"""
# dpkg -x DEB ROOT: the loader of this world runs the program that it is given.
DPKG = """#!/bin/sh
[ -e "$WORLD/full" ] && { echo "No space left on device" >&2; exit 2; }
lib="$3/usr/lib/x86_64-linux-gnu"; sounds="$3/usr/share/asterisk/sounds"
mkdir -p "$lib/asterisk/modules" "$3/usr/sbin" "$3/usr/bin" "$sounds/ru_RU_f_Voice" "$sounds/en_US_f_Voice"
touch "$lib/asterisk/modules/chan_pjsip.so" "$sounds/ru_RU_f_Voice/hello-world.wav" "$sounds/en_US_f_Voice/hello-world.wav"
printf '#!/bin/sh\\nshift 2; exec "$@"\\n' > "$lib/ld-linux-x86-64.so.2"
printf '#!/bin/sh\\necho Asterisk 22.10.1\\n' > "$3/usr/sbin/asterisk"
touch "$3/usr/bin/su"; chmod 755 "$lib/ld-linux-x86-64.so.2" "$3/usr/sbin/asterisk"; chmod 6755 "$3/usr/bin/su"
"""


class World:
    """A machine: its mirror's suites (name -> version of the package) and its faults, as files."""

    def __init__(self, root):
        self.root = root
        self.cache = root / "cache"
        self.keyrings = root / "keyrings"
        self.told = []
        (root / "suites").mkdir()
        self.keyrings.mkdir()
        (self.keyrings / "debian-archive-keyring.gpg").touch()

    def suite(self, name, version=""):
        (self.root / "suites" / name).write_text(version)

    def fault(self, name):
        (self.root / name).touch()

    def repair(self, name):
        (self.root / name).unlink()

    def asked(self, word):
        log = self.root / "asked"
        return [line for line in log.read_text().splitlines() if word in line] if log.exists() else []

    def install(self):
        return find_or_install(self.cache, self.told.append)

    def note(self):
        return json.loads((self.cache / NAME).read_text())


@pytest.fixture
def world(tmp_path, monkeypatch):
    world = World(tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {
        "apt-get": APT_GET,
        "apt-cache": APT_CACHE,
        "apt-config": "#!/bin/sh\n",
        "dpkg": DPKG,
    }.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("WORLD", str(tmp_path))
    monkeypatch.setattr(install, "find_system", lambda arch: None)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    sources = (Source("http://mirror.example/debian", "bookworm", ("main",)),)
    monkeypatch.setattr(
        install, "choose_source", partial(choose_source, sources=sources, keyrings=world.keyrings)
    )
    return world


def test_a_fresh_machine(world):
    world.suite("sid", "1:22.10.1-1")
    build = world.install()
    assert build.embedded
    assert build.version == "22.10.1"
    assert (build.data_dir / "sounds/ru/hello-world.wav").is_file()
    assert (build.data_dir / "sounds/en/hello-world.wav").is_file()
    note = world.note()
    assert (note["suite"], note["architecture"]) == ("sid", "amd64")
    assert note["packages"] == {"asterisk": "1:22", "libc6": "2.43"}
    assert any("2" in line for line in world.told)
    assert sorted(path.name for path in world.cache.iterdir()) == sorted([NAME, note["root"], "install.lock"])


def test_the_package_list_is_signed_by_the_machines_keyring(world, monkeypatch):
    seen = []
    world.suite("sid", "1:22.10.1-1")
    real = install._download

    def look(choice, progress):
        seen.append((choice.apt.folder / "etc/sources.list").read_text())
        return real(choice, progress)

    monkeypatch.setattr(install, "_download", look)
    world.install()
    assert seen == [
        f"deb [arch=amd64 signed-by={world.keyrings}/debian-archive-keyring.gpg] http://mirror.example/debian sid main\n"
    ]


def test_nobody_gains_rights_through_the_cache(world):
    world.suite("sid", "1:22.10.1-1")
    root = world.install().data_dir.parents[2]
    assert (root / "usr/bin/su").stat().st_mode & 0o7777 == 0o755


def test_the_second_start_asks_nobody(world):
    world.suite("sid", "1:22.10.1-1")
    first = world.install()
    asked = len(world.asked(""))
    told = len(world.told)
    assert world.install() == first
    assert (len(world.asked("")), len(world.told)) == (asked, told)


def test_the_cache_may_be_moved(world):
    world.suite("sid", "1:22.10.1-1")
    world.install()
    world.cache.rename(world.root / "moved")
    world.cache = world.root / "moved"
    world.fault("offline")
    assert str(world.root / "moved") in world.install().argv[0]


@pytest.mark.parametrize("sid", [None, "", "1:18.0.0-1", "1:23.0.0-1\nunmet"])
def test_without_a_good_one_in_sid_the_newest_elsewhere_is_taken(world, sid):
    if sid is not None:
        world.suite("sid", sid)
    world.suite("testing", "1:22.4.0-1")
    world.suite("stable-backports", "1:22.10.1-1")
    world.suite("trixie", "1:22.11.0-1\nunmet")
    world.suite("bullseye", "1:16.28.0-1")
    world.install()
    assert world.note()["suite"] == "stable-backports"


def test_no_suite_has_it(world):
    world.suite("sid", "")
    world.suite("bullseye", "1:16.28.0-1")
    with pytest.raises(AsteriskNotFound) as caught:
        world.install()
    assert caught.value.code == "asterisk-not-found"


def test_no_network_is_said_at_once(world):
    world.fault("offline")
    with pytest.raises(NoNetwork) as caught:
        world.install()
    assert caught.value.retryable
    assert "сеть" in caught.value.advice
    assert len(world.asked("update")) == 1


def test_network_lost_during_download_then_back(world):
    world.suite("sid", "1:22.10.1-1")
    world.fault("cut")
    with pytest.raises(NoNetwork):
        world.install()
    assert not (world.cache / NAME).exists()
    world.repair("cut")
    assert world.install().version == "22.10.1"


def test_old_keys_name_the_package_to_update(world):
    world.fault("unsigned")
    with pytest.raises(KeyringMissing) as caught:
        world.install()
    assert "debian-archive-keyring" in caught.value.advice


def test_without_keys_nothing_is_asked(world):
    (world.keyrings / "debian-archive-keyring.gpg").unlink()
    with pytest.raises(KeyringMissing) as caught:
        world.install()
    assert "apt-get install debian-archive-keyring" in caught.value.advice
    assert world.asked("") == []


def test_disk_full_while_unpacking(world):
    world.suite("sid", "1:22.10.1-1")
    world.fault("full")
    with pytest.raises(InstallFailed, match="No space left"):
        world.install()
    assert [path.name for path in world.cache.iterdir()] == ["install.lock"]


def test_too_little_space_is_said_before_the_download(world, monkeypatch):
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: SimpleNamespace(free=500 << 20))
    with pytest.raises(NoSpace) as caught:
        world.install()
    assert "500 МБ" in caught.value.advice
    assert world.asked("") == []


def test_no_apt(world, monkeypatch):
    monkeypatch.setenv("PATH", str(world.root / "empty"))
    with pytest.raises(AptMissing, match="apt-get"):
        world.install()


@pytest.mark.parametrize("name", ["a:b", "a;b", 'a"b', "a$b"])
def test_a_folder_that_the_loader_cannot_take(world, name):
    world.suite("sid", "1:22.10.1-1")
    with pytest.raises(InstallFailed) as caught:
        find_or_install(world.cache / name, world.told.append)
    assert caught.value.code == "bad-folder"


def test_a_cache_that_is_a_file(world):
    world.cache.write_text("")
    with pytest.raises(InstallFailed) as caught:
        world.install()
    assert str(world.cache) in caught.value.advice


def test_a_killed_half_install_is_redone(world):
    world.suite("sid", "1:22.10.1-1")
    world.install()
    note = world.note()
    (world.cache / NAME).unlink()
    (world.cache / note["root"] / "usr/sbin/asterisk").unlink()
    (world.cache / ".staging-dead/root/usr").mkdir(parents=True)
    assert world.install().version == "22.10.1"
    assert list(world.cache.glob(".staging*")) == []


@pytest.mark.parametrize(
    "hurt", ["usr/sbin/asterisk", "usr/lib/x86_64-linux-gnu/asterisk/modules/chan_pjsip.so"]
)
def test_a_hurt_cache_is_made_anew(world, hurt):
    world.suite("sid", "1:22.10.1-1")
    world.install()
    (world.cache / world.note()["root"] / hurt).unlink()
    world.install()
    assert (world.cache / world.note()["root"] / hurt).exists()


def test_another_processors_cache_is_not_used(world, monkeypatch):
    world.suite("sid", "1:22.10.1-1")
    world.install()
    (world.cache / NAME).write_text(json.dumps({**world.note(), "architecture": "arm64"}))
    world.install()
    assert world.note()["architecture"] == "amd64"
    assert len(world.asked("-d")) == 2


def test_the_second_installer_waits_and_downloads_nothing(world):
    world.suite("sid", "1:22.10.1-1")
    world.cache.mkdir()
    is_waiting = threading.Event()
    builds = []

    def second():
        told = lambda line: is_waiting.set() if "другой процесс" in line else None  # noqa: E731
        builds.append(find_or_install(world.cache, told))

    with (world.cache / "install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=second)
        thread.start()
        assert is_waiting.wait(5)
        assert world.asked("") == []
    first = world.install()
    thread.join(20)
    assert builds == [first]
    assert len([line for line in world.asked("-d") if "install" in line]) == 1
