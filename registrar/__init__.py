"""Who is who: our own certificate authority, the enrolment of boxes, the renewal and revocation of their certificates.

On the servers only this package names `cryptography`. It speaks to the database through `store`, to boxes through
HTTPS (enrolment) and the broker (renewal).
"""
