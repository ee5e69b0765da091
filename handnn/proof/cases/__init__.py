"""The test cases of the proof: data for each loss, the options of every layer."""
