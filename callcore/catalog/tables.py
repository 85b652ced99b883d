"""Mapping of the catalogue."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.tables  # noqa: F401 - the tables that foreign keys point to
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


class DealerGoodsRow(Base):
    """A position that a dealer sells. Read only while OrgRow.whole_line is off."""

    __tablename__ = "dealer_goods"
    __table_args__ = (Index("ix_dealer_goods_product_id", "product_id"),)

    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
