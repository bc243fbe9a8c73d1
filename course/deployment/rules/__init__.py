"""What must be so in the files with which an app is deployed. Each rule raises Finding."""
