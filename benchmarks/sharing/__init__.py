"""Sharing problems that two public records of health systems pose, week after week."""
