"""How good a plan is, and how backends compare."""
