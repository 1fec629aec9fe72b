"""The pictures of a report: SVG of one width, whose type is the page's own."""
