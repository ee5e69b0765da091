"""What belongs in a blamed line, in the user's own names."""
