"""The hall: the Desk, every verb as data and every view; what all faces stand before."""
