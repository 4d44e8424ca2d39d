"""Measurements of speed, each a function that returns one dict a result."""
