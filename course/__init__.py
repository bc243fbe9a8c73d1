"""The tool behind `make`: finds the exercises, runs the checks, prints the verdict."""
