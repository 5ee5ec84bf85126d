"""What a fairness study looks like: pictures, a page, and a folder with everything in it."""
