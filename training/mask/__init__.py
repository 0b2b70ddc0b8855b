"""The network that marks the pixels of a face, and how it is trained and measured.

``outlines`` is what it learns: polygons of jaw and brows; ``network`` is what it is made of;
``config`` what decides a run; ``batches`` what it is shown; ``loss`` what it learns by;
``train`` is the loop; ``figures`` is how well it marks a face.
"""
