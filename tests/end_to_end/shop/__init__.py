"""Another team's platform: discovered, never described by hand."""
