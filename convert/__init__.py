"""From a trained Keras model to the int8 file that the device runs."""
