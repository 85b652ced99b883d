import os
from pathlib import Path

import pytest

from callcore.asterisk.embedded.build import build_in, declared_dirs, find_system
from callcore.asterisk.embedded.machine import architecture_of

pytestmark = pytest.mark.unit

ARCH = architecture_of("Linux", "x86_64", is_64_bit=True)


def program(path, answer):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)


def unpacked(root, lib="usr/lib"):
    libs = root / lib / ARCH.triplet
    (libs / "asterisk/modules").mkdir(parents=True)
    (libs / "asterisk/modules/chan_pjsip.so").touch()
    (libs / ARCH.loader).touch()
    (root / "usr/share/asterisk/sounds/ru").mkdir(parents=True)
    program(root / "usr/sbin/asterisk", "Asterisk 22")


@pytest.mark.parametrize("lib", ["usr/lib", "lib"])
def test_an_unpacked_build_runs_through_its_own_loader(tmp_path, lib):
    unpacked(tmp_path, lib)
    build = build_in(tmp_path, ARCH, "22.10.1")
    assert build is not None
    assert build.argv[0] == str(tmp_path / lib / ARCH.triplet / ARCH.loader)
    assert build.argv[1] == "--library-path"
    assert build.argv[-1] == str(tmp_path / "usr/sbin/asterisk")
    assert build.embedded


@pytest.mark.parametrize(
    "missing",
    [
        "usr/sbin/asterisk",
        "usr/lib/x86_64-linux-gnu/asterisk/modules/chan_pjsip.so",
        f"usr/lib/x86_64-linux-gnu/{ARCH.loader}",
    ],
)
def test_a_build_with_a_hole_is_none(tmp_path, missing):
    unpacked(tmp_path)
    (tmp_path / missing).unlink()
    assert build_in(tmp_path, ARCH, "22.10.1") is None


def system(prefix, answer):
    program(prefix / "sbin/asterisk", answer)
    (prefix / "lib/asterisk/modules").mkdir(parents=True)
    (prefix / "lib/asterisk/modules/chan_pjsip.so").touch()
    (prefix / "share/asterisk/documentation").mkdir(parents=True)
    return str(prefix / "sbin")


def test_a_new_system_asterisk_is_used(tmp_path):
    build = find_system(ARCH, system(tmp_path, "Asterisk 20.19.0"))
    assert build is not None
    assert build.version == "20.19.0"
    assert not build.embedded
    assert build.modules_dir == tmp_path / "lib/asterisk/modules"
    assert build.argv == (str(tmp_path / "sbin/asterisk"),)


@pytest.mark.parametrize("answer", ["Asterisk 18.10.0", "Asterisk GIT-master-1", ""])
def test_an_old_or_strange_system_asterisk_is_not(tmp_path, answer):
    assert find_system(ARCH, system(tmp_path, answer)) is None


def test_a_broken_program_is_not(tmp_path):
    folder = Path(system(tmp_path, "Asterisk 22.1.0"))
    (folder / "asterisk").write_text("#!/bin/sh\necho Asterisk 22.1.0\nexit 127\n")
    assert find_system(ARCH, os.fspath(folder)) is None


def test_declared_dirs_of_the_packaged_file():
    conf = """[directories](!)
astetcdir => /etc/asterisk ; here
;astmoddir => /old
astmoddir => /usr/lib/x86_64-linux-gnu/asterisk/modules
astdatadir = /srv/a\\;b
[options]
documentation_language = en_US
"""
    assert declared_dirs(conf) == {
        "astetcdir": Path("/etc/asterisk"),
        "astmoddir": Path("/usr/lib/x86_64-linux-gnu/asterisk/modules"),
        "astdatadir": Path("/srv/a;b"),
    }
