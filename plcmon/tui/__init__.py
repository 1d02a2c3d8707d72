"""The terminal face: six sheets over one Desk; it knows nothing below the Desk."""
