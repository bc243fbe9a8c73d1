# Asks a question that nobody answers.
# problem: import
# says: waits for input from the keyboard

name = input("Your name? ")
