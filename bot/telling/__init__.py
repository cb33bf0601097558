"""What people asked to be told later: how they say so, what falls due, and how it is said. Pure."""
