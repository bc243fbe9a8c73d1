# What Ctrl-C raises, while the file is imported.
# problem: import
# says: ends the program while main.py is being imported

raise KeyboardInterrupt
