"""The ground floor's verbs: from readings to beliefs, from beliefs to wants, from wants to grants.

Everything here is a pure function of its arguments: no clock, no chance, no library, no waiting.
"""
