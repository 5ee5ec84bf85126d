"""Certain causes of infeasibility, one file a family; `allocare.models.infeasibility` is their door."""
