"""From a trained Keras model to a SavedModel that TensorFlow Serving answers with."""
