"""`python -m keras_scgan` is `scgan`."""

from keras_scgan.commands import main

if __name__ == "__main__":
    main()
