"""What the AMI door must be told. Made in bootstrap; nothing here reads files or environment."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where the PBX listens and how patient we are. Seconds everywhere.

    `queue_limit` bounds the facts that wait for their consumer; when it is reached all of them are dropped, PbxLost
    is delivered and a new snapshot is taken.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    connect_timeout_s: float = 5.0
    action_timeout_s: float = 5.0
    ping_every_s: float = 3.0
    retry_first_s: float = 0.2
    retry_most_s: float = 3.0
    login_retry_s: float = 15.0  # a refused password does not become right by asking often
    booted_wait_s: float = 1.0  # a manager user without the read class `system` never hears FullyBooted
    queue_limit: int = 20_000
