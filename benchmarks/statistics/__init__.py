"""What rows of the benchmark lab say: rates, times, profiles, gaps, curves and tests, as pure functions."""
