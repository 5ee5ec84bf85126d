"""What is to be decided: one formulation a family, in two renderings, and the independent check."""
