"""Mien: a small computer that reads facial expressions."""

__version__ = "0.1.0"
