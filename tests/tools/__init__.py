"""Scripts of the test run itself; each says in its first lines what it does."""
