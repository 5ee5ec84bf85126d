"""Pooled forecasters: one regression over all series, each in units of its own level."""
