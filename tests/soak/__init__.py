"""The soak: the same as the short tests, for as long as there is time."""
