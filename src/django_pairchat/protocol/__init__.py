"""Not public API. The wire protocol ``pairchat.v1``: frames in, frames out, codes. Standard library only."""
