"""The harness of the Python suites; `kezek` is what a suite imports."""
