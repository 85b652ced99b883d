"""The operator's desk: cards of the calls that ring at one's phones, the phones, the last calls."""
