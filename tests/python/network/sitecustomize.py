"""Python loads this by itself when this folder is in PYTHONPATH, as it is for what tests start."""

import loopback

loopback.stay_here()
