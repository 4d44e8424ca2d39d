"""A server, for this machine alone, of the page that colorizes photos in the browser."""
