"""PagerDuty: pages that open and close there, and who took them."""
