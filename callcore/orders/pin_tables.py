"""Mapping of what is known of orders' places on the map."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

import callcore.orders.tables  # noqa: F401 - holds what the foreign keys below refer to
from callcore.kernel.database import Base, BigId


class OrderPinRow(Base):
    """Whose pin it is, or what became of the search. `source`: hand, sent (came with the order), else the geocoder's name;
    empty while nobody has answered. `precision` is Precision, empty for pins of people. `lat` and `lon` are a geocoder's
    answer; the order has a copy only when it is exact. `due_at`: it is to be looked for from then on. `is_older`: the
    address was changed after a person had set the pin. `error` is the last failure, without the address.
    """

    __tablename__ = "order_pins"
    __table_args__ = (
        Index(
            "ix_order_pins_due_at",
            "due_at",
            "order_id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    order_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source: Mapped[str] = mapped_column(default="")
    precision: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime | None]
    is_older: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
