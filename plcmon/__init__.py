"""plcmon: watches machines that nobody can walk up to, repairs them, and says why."""

__version__ = "0.1.0"
