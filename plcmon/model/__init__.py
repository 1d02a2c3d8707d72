"""The nouns: subjects, readings, beliefs, issues, intents, events. Frozen, pure, no library."""
