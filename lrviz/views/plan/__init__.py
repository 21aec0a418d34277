"""What is drawn where, decided without any drawing library."""
