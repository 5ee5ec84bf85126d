"""The independent check, one file a family; `allocare.models.check` is its door."""
