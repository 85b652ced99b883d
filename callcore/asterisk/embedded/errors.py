"""Why an Asterisk of our own could not be had; each refusal carries the way out in the person's language."""

from callcore.kernel.errors import DealerlineError


class EmbeddedPbxError(DealerlineError):
    """No usable Asterisk. `message` is for logs, `advice` (Russian) says what a person should do."""

    def __init__(self, code: str, message: str, *, advice: str) -> None:
        super().__init__(code, message, advice=advice)
        self.advice = advice


class WrongSystem(EmbeddedPbxError):
    """Not a Debian-like Linux on a processor that we know."""


class AptMissing(EmbeddedPbxError):
    """apt-get, apt-cache or dpkg is not installed."""


class NoSpace(EmbeddedPbxError):
    """Less room than the installation needs."""


class NoNetwork(EmbeddedPbxError):
    """The package mirrors of this machine cannot be reached; trying again later may help."""

    retryable = True


class KeyringMissing(EmbeddedPbxError):
    """Without the archive's keys nothing can be verified, so nothing is downloaded."""


class AsteriskNotFound(EmbeddedPbxError):
    """No suite of the reachable mirrors has an Asterisk that is new enough and installable."""


class InstallFailed(EmbeddedPbxError):
    """Download or unpacking failed half-way; the next attempt starts clean."""

    retryable = True


class InstanceInUse(EmbeddedPbxError):
    """Another living application keeps an Asterisk in the same folder."""


class StartFailed(EmbeddedPbxError):
    """Asterisk ended or did not boot in time; the message ends with its last log lines."""
