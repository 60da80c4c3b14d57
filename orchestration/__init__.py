import os

# Read when numpy loads. A second thread of its linear algebra waits by spinning: with both cores busy
# the content gaps took three times as much processor time with it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
