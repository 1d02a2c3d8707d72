"""A simulated world in virtual time: the real rules, staff and store, and a truth they can't see.

Nothing here is a second implementation of a rule: it only plays what the rules are about.
"""
