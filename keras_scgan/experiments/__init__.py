"""Experiments: networks that are trained by many settings and measured alike, and the table of them."""
