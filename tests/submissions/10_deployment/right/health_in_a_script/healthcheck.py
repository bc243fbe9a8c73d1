import sys
import urllib.request

try:
    urllib.request.urlopen("http://127.0.0.1:8000/health/ready", timeout=2)
except OSError:
    sys.exit(1)
