"""`scgan interpolate_weights`, run from a clone."""

from clone import run

if __name__ == "__main__":
    run("interpolate_weights")
