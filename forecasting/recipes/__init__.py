"""Recipes: ordered steps that make records clean, and the list of every cell they changed."""
