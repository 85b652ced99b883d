"""Secrets are made once and never lost, whoever asks first."""

from pathlib import Path

import pytest

from callcore.asterisk.secrets import PbxSecrets

pytestmark = pytest.mark.unit


def test_what_one_reader_made_survives_what_another_makes(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    early, late = PbxSecrets(file), PbxSecrets(file)
    ami = early.get("ami")
    phone = late.get("phone:p1")
    early.get("trunk:main")
    assert PbxSecrets(file).get("ami", "phone:p1") == ami | phone


def test_the_file_is_ours_alone_and_secrets_are_long(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "secrets.json"
    made = PbxSecrets(file).get("a", "b")
    assert file.stat().st_mode & 0o077 == 0
    assert made["a"] != made["b"]
    assert min(map(len, made.values())) >= 32


def test_a_lost_secret_is_renewed_and_counted(tmp_path: Path) -> None:
    secrets = PbxSecrets(tmp_path / "secrets.json")
    before = secrets.get("phone:p1", "phone:p2")
    renewed = secrets.renew("phone:p1")
    assert renewed != before["phone:p1"]
    assert PbxSecrets(tmp_path / "secrets.json").get("phone:p1", "phone:p2") == before | {"phone:p1": renewed}
    assert (secrets.renewals(), PbxSecrets(tmp_path / "none.json").renewals()) == (1, 0)
    assert secrets.renew("trunk:new") == secrets.get("trunk:new")["trunk:new"]
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
