"""What clinicians see and do: HTTP, the live WebSocket, sessions and access. The only part that names FastAPI."""
