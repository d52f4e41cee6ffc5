"""The faults themselves, by what they break; each looks at one service and answers a shape, or why it does not fit."""
