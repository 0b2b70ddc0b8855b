"""Training of Mien's networks on a workstation."""
