"""Probes: one coroutine per kind of question. A bad answer is a reading, never an exception."""
