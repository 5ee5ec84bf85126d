"""How it is decided: backends, routing, results."""
