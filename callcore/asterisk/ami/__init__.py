"""AMI: bytes -> messages -> facts, and the few actions that we ask for. The one user of panoramisk."""

from callcore.asterisk.ami.door import AsteriskPbx
from callcore.asterisk.ami.settings import AmiSettings

__all__ = ["AmiSettings", "AsteriskPbx"]
