"""The page for people: templates, style and script, and what is worked out before they are filled."""
