"""The API's own rules as pure functions: objects, selectors, quantities, times, patches."""
