"""How a platform is reached: Prefect Block types that hold references, and following them to credentials."""
