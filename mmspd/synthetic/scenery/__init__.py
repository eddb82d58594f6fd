"""What is behind and in front of people."""
