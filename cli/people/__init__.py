"""Commands about people: channels, on-call, proofs, notes, acknowledgements, the timeline."""
