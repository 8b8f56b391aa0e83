"""The live hub: what is on now, and the sockets that hear of it."""
