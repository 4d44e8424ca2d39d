"""`scgan archive`, run from a clone."""

from clone import run

if __name__ == "__main__":
    run("archive")
