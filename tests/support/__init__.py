"""What several suites share: people and rooms on any settings, counting, listening, threads, sockets."""
