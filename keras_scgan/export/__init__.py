"""Trained generators for servers and devices: SavedModel and LiteRT."""
