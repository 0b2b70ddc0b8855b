"""The network that finds 15 points on a face, and how it is trained and measured.

``network`` is what it is made of; ``config`` what decides a run; ``faces`` and ``no_faces``
are what it is shown, ``batches`` puts them together; ``loss`` is what it learns by; ``split``
is which rows select the epoch; ``train`` is the loop; ``figures`` is how good it is.
"""
