"""Mail to contacts: composed from the outbox, fixed before it is sent, handed to one relay.

Knows rows, mails and the engine's door; must not know why anybody is written to.
"""
