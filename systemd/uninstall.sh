#!/usr/bin/env bash
# Remove Mien from this machine: sudo systemd/uninstall.sh [--purge]
#
# See README.md beside this file, or --help.
exec bash "$(dirname "${BASH_SOURCE[0]}")/installer/start.sh" uninstall "$@"
