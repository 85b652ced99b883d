"""The business and the calls of Dealerline: no HTTP, no HTML."""

__version__ = "0.1.0"
