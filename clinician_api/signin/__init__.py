"""Who comes in, beside a local password: the hospital's provider (OpenID Connect) and passkeys (WebAuthn)."""
