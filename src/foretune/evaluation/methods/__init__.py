"""Methods that are compared: one file each, what they see, and the registry that finds them by name."""
