"""What a reader needs beside the runs: data, command, baselines, and how many seeds a claim takes."""
