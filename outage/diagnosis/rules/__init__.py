"""The rules, by the layer where a cause lies. Each suspects without asking what the others suspect."""
