# Asks for more memory than there is, to the last byte.
# problem: import
# says: MemoryError

kept = []
size = 2**28
while True:
    try:
        kept.append(bytes(size))
    except MemoryError:
        size //= 2
        if size < 2**16:
            raise
