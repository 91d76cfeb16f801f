"""Not public API. How a message becomes a row, in three stages after parsing: admit, store, publish.

Each stage is one function in the module of its name. It returns its results and leaves its arguments as they are.
"""
