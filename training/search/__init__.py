"""Search for networks: what ``python -m training search`` does.

``settings`` and ``space`` say what is looked among, ``proxy`` trains one network cheaply,
``halving`` says who is worth more training, ``relatives`` gives it weights that another one
has learned, ``storage`` and ``study`` keep it all, ``table`` and ``picture`` show it.
"""
