import os

# One thread for each kernel: several run side by side, and sums are then added in one order.
os.environ["OMP_NUM_THREADS"] = "1"
