"""A Debian arm64 system with systemd, emulated, on which Mien is installed and maltreated."""
