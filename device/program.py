"""What the program is called where it is typed."""

from __future__ import annotations

import os

# The installed command says its own name by this variable; a clone of the project has none.
NAME = os.environ.get("MIEN_PROG") or "python -m device"
