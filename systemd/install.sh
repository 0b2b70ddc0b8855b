#!/usr/bin/env bash
# Install Mien on Raspberry Pi OS or Debian, or upgrade it: sudo systemd/install.sh
#
# See README.md beside this file, or --help.
exec bash "$(dirname "${BASH_SOURCE[0]}")/installer/start.sh" install "$@"
