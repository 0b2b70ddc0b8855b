"""One network trained by several processors at once, of one machine or of many.

Each replica computes the gradient on its own part of a batch; their sum is what one
processor would have found for the whole batch, so the run is the same and ends sooner. It
needs the TensorFlow backend (``tf.distribute``), which only this folder knows of.
"""
