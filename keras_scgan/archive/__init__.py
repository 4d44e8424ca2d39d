"""Archives of millions of photos, colorized by Apache Beam on whatever machines its runners have.

Paths travel between the machines, and pixels do not. It needs the extra `beam`, and loads neither TensorFlow nor Keras.
"""
