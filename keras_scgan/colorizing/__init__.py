"""What colorizes photos and videos: the Colorizer, the networks behind it, and what surrounds them."""
