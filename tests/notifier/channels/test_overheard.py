"""Libraries write into no log of ours, and each thread hears its own."""

from __future__ import annotations

import logging
import threading
from io import StringIO

from notifier.channels.overheard import hearing, hush


def test_what_a_library_says_is_heard_and_logged_nowhere(log: StringIO) -> None:
    with hearing() as said:
        logging.getLogger("apprise").warning("token %s refused", "T0KEN")
        logging.getLogger("urllib3.connectionpool").debug("POST /hook/T0KEN")
    logging.getLogger("apprise").error("T0KEN again")
    assert said == ["token T0KEN refused"]
    assert log.getvalue() == ""


def test_one_thread_does_not_hear_another() -> None:
    def other() -> None:
        with hearing():
            logging.getLogger("apprise").warning("from the other")

    with hearing() as said:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        logging.getLogger("apprise").warning("from this one")
    assert said == ["from this one"]


def test_hushing_twice_hears_once() -> None:
    hush()
    hush()
    with hearing() as said:
        logging.getLogger("apprise").warning("once")
    assert said == ["once"]
