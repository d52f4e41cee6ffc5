"""The clients of the platform's PostgreSQL: one that reads what it says of itself, one that ends sessions."""
