"""Prepares an image of Raspberry Pi OS that installs Mien by itself. The standard library alone."""
