"""A stand-in for Meta: for people without an account, and for the end-to-end tests."""
