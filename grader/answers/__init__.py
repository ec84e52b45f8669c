"""What a student typed, read: valid or not, never right or wrong."""
