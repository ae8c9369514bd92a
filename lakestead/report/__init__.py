"""What a run says: to a person on a terminal, and to programs as JSON events and JUnit."""
