"""Puts Mien on a Debian machine, upgrades it, and takes it away. The standard library alone."""
