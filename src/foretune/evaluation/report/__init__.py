"""Report of an evaluation as one offline HTML page."""
