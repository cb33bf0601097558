"""Builds each process from the settings: the only place that names concrete channels."""
