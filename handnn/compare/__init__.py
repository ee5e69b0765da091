"""`handnn compare`: optimizers on the same data, from the same starts, over the same batches."""
