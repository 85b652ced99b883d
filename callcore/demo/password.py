"""The one password of the demo's people: made at the first start, kept with the secrets of that installation."""

from pathlib import Path

from callcore.asterisk.secrets import PbxSecrets

_NAME = "demo-password"
_CHARS = 12


def demo_password(secrets_file: Path) -> str:
    return PbxSecrets(secrets_file).get(_NAME)[_NAME][:_CHARS]
