"""The screens: lists of rows, and pages of text one level deeper."""
