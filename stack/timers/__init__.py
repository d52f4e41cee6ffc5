"""The timers' process: what is due is done, also when Prefect is away and when the response's run is gone."""
