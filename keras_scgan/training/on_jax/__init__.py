"""Training on one GPU with the JAX backend of Keras: all photos in its memory, all of a step in one program."""
