"""The Asterisk that we bring along: find or unpack it, give it folders, run it."""

from callcore.asterisk.embedded.build import AsteriskBuild
from callcore.asterisk.embedded.errors import EmbeddedPbxError
from callcore.asterisk.embedded.install import find_or_install
from callcore.asterisk.embedded.instance import InstanceDirs
from callcore.asterisk.embedded.process import AsteriskProcess

__all__ = ["AsteriskBuild", "AsteriskProcess", "EmbeddedPbxError", "InstanceDirs", "find_or_install"]
