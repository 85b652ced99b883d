"""Sums are integer kopecks, quantities integer thousandths, unit prices Decimal roubles with four places."""

from decimal import ROUND_HALF_UP, Decimal


def line_total_kopecks(quantity_thousandths: int, price_roubles: Decimal) -> int:
    """The authority for a line: rounded half up once. 40 pieces at 222.75 are 891 000 kopecks."""
    exact = Decimal(quantity_thousandths) / 1000 * price_roubles * 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
