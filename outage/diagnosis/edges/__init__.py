"""Ready but broken: what pods that run complain of, and the way along each call, hop by hop."""
