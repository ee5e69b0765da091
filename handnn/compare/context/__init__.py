"""What a reader needs beside the runs: data, command and baselines."""
