"""Figures that show what the networks do: the paper's figures 7 and 8, Grad-CAM, and the critics' score maps."""
