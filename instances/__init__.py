"""What is known: problems, the files they are read from, generators and bundled examples."""
