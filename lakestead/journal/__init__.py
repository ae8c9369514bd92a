"""What one run has done so far, written down before and after every write, and how to take it back."""
