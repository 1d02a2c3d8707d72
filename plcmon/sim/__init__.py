"""The garden: a virtual fleet of real servers on loopback, and the world it lives in."""
