"""The page of a recommendation: everything on one HTML page that works offline."""
