"""`scgan train_on_jax`, run from a clone."""

from clone import run

if __name__ == "__main__":
    run("train_on_jax")
