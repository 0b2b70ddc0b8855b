"""The commands of ``python -m training``, a module each.

A module has ``HELP``, ``add_arguments(parser)`` and ``run(arguments)``. What is slow
to import, Keras above all, is imported in ``run``: help and mistakes in the arguments
are answered at once.
"""
