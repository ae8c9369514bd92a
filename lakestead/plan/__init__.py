"""What will change, computed without any I/O."""
