"""What changed on the way of what fails: when, by whom, from what to what, as far as anything recorded it."""
