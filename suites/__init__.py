"""What is asked: one behaviour a file, grouped by area."""
