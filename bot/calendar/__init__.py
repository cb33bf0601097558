"""Opening hours, closures and events: pure functions of data and a moment."""
