"""The same three operations in each framework, asked by the same load generator in one run."""
