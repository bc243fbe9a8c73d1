# An exception of 10 MB, in one word.
# problem: import
# says: xxxx

raise ValueError("x" * 10_000_000)
