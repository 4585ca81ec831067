"""Order lines from a file: its cells, and what a row means in Busy."""
