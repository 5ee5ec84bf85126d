"""Searching for the instances on which a rule does worst."""
