"""Sources: what others say of our nodes, fetched, read strictly and handed to the engine.

Knows how sources speak, nothing of what their word is worth.
"""
