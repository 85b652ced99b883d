import pytest

from callcore.asterisk.embedded.machine import DEBIAN, UBUNTU
from callcore.asterisk.embedded.sources import (
    Source,
    base_suite,
    mirrors_of,
    parse_deb822,
    parse_list,
    read_sources,
    suites_of,
)

pytestmark = pytest.mark.unit

MIRROR = "http://mirror.example/debian"


def test_one_line_format():
    text = f"""
# deb {MIRROR} sid main
deb {MIRROR}/ bookworm main contrib  # ours
deb-src {MIRROR} bookworm main
  deb [arch=amd64 signed-by=/k.gpg, /l.gpg] https://other.example/debian trixie-updates main
deb [ trusted=yes ] file:/srv/flat ./
deb broken
"""
    assert list(parse_list(text)) == [
        Source(f"{MIRROR}/", "bookworm", ("main", "contrib")),
        Source("https://other.example/debian", "trixie-updates", ("main",)),
        Source("file:/srv/flat", "./", ()),
    ]


def test_deb822_format():
    text = f"""# a comment
Types: deb deb-src
URIs: {MIRROR}
  https://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 URIs: not-a-field

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: sid
Components: main
\t
Types: deb-src
URIs: http://src.example/debian
Suites: sid
Components: main
"""
    assert list(parse_deb822(text)) == [
        Source(MIRROR, "bookworm", ("main",)),
        Source(MIRROR, "bookworm-updates", ("main",)),
        Source("https://second.example/debian", "bookworm", ("main",)),
        Source("https://second.example/debian", "bookworm-updates", ("main",)),
    ]


def test_windows_line_ends_do_not_glue_stanzas():
    text = f"Types: deb\r\nURIs: {MIRROR}\r\nSuites: sid\r\nComponents: main\r\n\r\nTypes: deb-src\r\nURIs: x\r\n"
    assert list(parse_deb822(text)) == [Source(MIRROR, "sid", ("main",))]


@pytest.mark.parametrize(
    ("suite", "base"),
    [
        ("bookworm", "bookworm"),
        ("bookworm-updates", "bookworm"),
        ("buster/updates", "buster"),
        ("trixie-backports", "trixie"),
        ("noble-security", "noble"),
        ("stable-proposed-updates", "stable"),
    ],
)
def test_base_suite(suite, base):
    assert base_suite(suite) == base


def test_only_full_mirrors_of_the_archive_count():
    sources = [
        Source("http://tools.example/apt", "cloud-sdk-bookworm", ("main",)),
        Source("http://node.example/node_20.x", "nodistro", ("main",)),
        Source("http://security.example/debian-security", "bookworm-security", ("main",)),
        Source("http://security.example/old", "buster/updates", ("main",)),
        Source("http://extras.example/debian", "bookworm", ("non-free",)),
        Source(f"{MIRROR}/", "bookworm", ("main",)),
        Source(MIRROR, "bookworm-updates", ("main",)),
        Source("http://second.example/debian", "oldstable", ("main",)),
        Source("http://ubuntu.example/ubuntu", "noble-updates", ("main", "universe")),
    ]
    assert mirrors_of(DEBIAN, sources) == (MIRROR, "http://second.example/debian")
    assert mirrors_of(UBUNTU, sources) == ("http://ubuntu.example/ubuntu",)


def test_other_suites_name_each_once_and_never_the_first():
    names = suites_of(
        DEBIAN, [Source(MIRROR, "bookworm-updates", ("main",)), Source(MIRROR, "sid", ("main",))]
    )
    assert "sid" not in names
    assert len(set(names)) == len(names)
    assert {"testing", "stable", "bookworm"} <= set(names)


def test_reads_both_formats_and_nothing_else(tmp_path):
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(f"deb {MIRROR} bookworm main\n")
    (parts / "b.sources").write_text(
        "Types: deb\nURIs: http://b.example/debian\nSuites: sid\nComponents: main\n"
    )
    (parts / "a.list").write_bytes(b"deb http://a.example/debian trixie main # \xff\n")
    (parts / "c.list.save").write_text("deb http://c.example/debian sid main\n")
    found = read_sources(tmp_path)
    assert [source.uri for source in found] == [MIRROR, "http://a.example/debian", "http://b.example/debian"]


def test_a_machine_without_apt_has_no_sources(tmp_path):
    assert read_sources(tmp_path / "absent") == ()
