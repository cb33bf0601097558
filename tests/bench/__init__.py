"""The benchmarks: `make bench`. Absolute figures and, beside them, ratios against a baseline of the same run."""
