from pathlib import Path

import pytest

from callcore.asterisk.embedded.apt import AptError, render_conf
from callcore.asterisk.embedded.errors import InstallFailed
from callcore.asterisk.embedded.machine import architecture_of

pytestmark = pytest.mark.unit

ARM = architecture_of("Linux", "aarch64", is_64_bit=True)
DUMP = """APT "";
APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";
APT::Get::AllowUnauthenticated "true";
Acquire "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Verify-Peer "true";
Acquire::AllowInsecureRepositories "1";
Acquire::http::AllowInsecureThings "1";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::Packages::Optional "0";
Dir::Cache "var/cache/apt";
"""


def settings(conf):
    pairs = (line.removesuffix(";").split(" ", 1) for line in conf.splitlines())
    return {key: value.strip('"') for key, value in pairs}


def test_only_the_way_to_the_network_comes_from_the_machine():
    found = settings(render_conf(Path("/data/apt"), ARM, DUMP, is_root=False))
    assert found["Acquire::http::Proxy"] == "http://proxy.example:3128"
    assert found["Acquire::Check-Valid-Until"] == "false"
    assert not [key for key in found if "Invoke" in key or "IndexTargets" in key]
    assert found["Dir::Cache"] == "/data/apt/cache"
    assert found["Dir::State::status"] == "/data/apt/status"
    assert found["APT::Architecture"] == "arm64"


def test_nothing_may_weaken_the_check_of_signatures():
    found = settings(render_conf(Path("/data/apt"), ARM, DUMP, is_root=False))
    loose = {
        key: value for key, value in found.items() if "nsecure" in key or "Weak" in key or "Unauth" in key
    }
    assert len(loose) == 4
    assert set(loose.values()) == {"false"}


def test_the_sandbox_user_is_root_for_root_alone():
    assert "APT::Sandbox::User" not in settings(render_conf(Path("/d"), ARM, "", is_root=False))
    assert settings(render_conf(Path("/d"), ARM, "", is_root=True))["APT::Sandbox::User"] == "root"


def test_a_folder_that_would_end_the_quotes_is_refused():
    with pytest.raises(InstallFailed):
        render_conf(Path('/d"x'), ARM, "", is_root=False)


@pytest.mark.parametrize(
    ("said", "unreachable", "unsigned"),
    [
        ("E: Could not resolve 'mirror.example'", True, False),
        (
            "E: Failed to fetch … Could not connect to 127.0.0.1:9 - connect (111: Connection refused)",
            True,
            False,
        ),
        ("apt-get: timeout was reached after 300 s", True, False),
        ("E: Failed to fetch …/dists/sid/InRelease 404  Not Found", False, False),
        ("W: GPG error: … NO_PUBKEY 6ED0E7B82643E131\nE: The repository 'sid' is not signed.", False, True),
    ],
)
def test_why_apt_failed(said, unreachable, unsigned):
    error = AptError(said)
    assert (error.is_unreachable, error.is_unsigned) == (unreachable, unsigned)
