"""Dealers, their outlets and hours, the production calendar."""
