"""The scanner: who is looked at next, by how many at a time, and whether we are fit to look."""

from plcmon.scanner.scanner import Scanner

__all__ = ["Scanner"]
