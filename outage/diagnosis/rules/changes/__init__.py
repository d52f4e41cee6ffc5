"""What somebody or something changed: releases, replicas, values that are written again and again."""
