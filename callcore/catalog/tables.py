"""Mapping of the catalogue."""

from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcore.kernel.database import Base, BigId


class ProductRow(Base):
    """A sellable position. `price` is roubles with four places (recommended retail)."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("article"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    article: Mapped[str]
    name: Mapped[str]
    category: Mapped[str]
    unit: Mapped[str] = mapped_column(default="шт")
    price: Mapped[Decimal] = mapped_column(Numeric(15, 4))
    is_active: Mapped[bool] = mapped_column(default=True)
