"""One request, one effect: what was answered to a key is answered again, and the work is not done twice."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId


class IdempotencyRow(Base):
    """Written first, in the transaction of the work itself. `actor` is whose key it is (api:<id>, user:<id>, form);
    `request_hash` tells a repeat from another request under the same key; `status` 0 while the answer is not known."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("actor", "key"), Index("ix_idempotency_keys_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
