"""The command line: composes, starts, and shows over the Desk; for people, scripts and readers."""
