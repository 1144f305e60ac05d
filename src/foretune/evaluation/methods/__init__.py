"""Compared methods, one module each, with their base class and registry."""
