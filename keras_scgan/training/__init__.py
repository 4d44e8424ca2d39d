"""Training: losses, SCGAN's steps, the loop, checkpoints, pre-training, runs."""
