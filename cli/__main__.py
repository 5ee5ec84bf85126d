"""``python -m allocare.cli``."""

from .main import main

main()
