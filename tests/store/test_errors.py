from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg
from psycopg_pool import PoolTimeout

from store.errors import StoreError, Trouble, connect_error, describe, translate
from store.pool import Connection

FATAL = 'connection failed: connection to server at "10.0.0.9", port 5432 failed: '


@pytest.mark.parametrize(
    ("error", "trouble", "recoverable", "hint"),
    [
        (pg.AdminShutdown(), Trouble.UNAVAILABLE, True, "tried again"),
        (pg.CannotConnectNow(), Trouble.UNAVAILABLE, True, "tried again"),
        (psycopg.OperationalError("server closed the connection"), Trouble.UNAVAILABLE, True, "tried again"),
        (psycopg.InterfaceError("the connection is closed"), Trouble.UNAVAILABLE, True, "tried again"),
        (pg.TooManyConnections(), Trouble.UNAVAILABLE, True, "out of resources"),
        (PoolTimeout("couldn't get a connection after 5 s"), Trouble.UNAVAILABLE, True, "no connection was free"),
        (pg.DeadlockDetected(), Trouble.BUSY, True, "collided"),
        (pg.LockNotAvailable(), Trouble.BUSY, True, "lock"),
        (pg.QueryCanceled(), Trouble.BUSY, True, "too long"),
        (pg.DiskFull(), Trouble.FULL, True, "disk is full"),
        (pg.ReadOnlySqlTransaction(), Trouble.READ_ONLY, True, "standby"),
        (pg.InvalidPassword(), Trouble.CREDENTIALS, False, "user and password"),
        (pg.UndefinedTable(), Trouble.SCHEMA, False, "homehd migrate"),
        (pg.UndefinedColumn(), Trouble.SCHEMA, False, "homehd migrate"),
        (pg.UniqueViolation(), Trouble.CONFLICT, False, "already"),
        (pg.ForeignKeyViolation(), Trouble.CONFLICT, False, "not there"),
        (pg.CheckViolation(), Trouble.REFUSED, False, "check"),
        (pg.InsufficientPrivilege(), Trouble.CREDENTIALS, False, "may not"),
        (pg.IoError(), Trouble.UNAVAILABLE, True, "system"),
        (pg.NumericValueOutOfRange(), Trouble.REFUSED, False, "cannot hold"),
        (psycopg.DataError("a row's content"), Trouble.REFUSED, False, "cannot hold"),
        (pg.InternalError_(), Trouble.OTHER, False, "SQLSTATE XX000"),
        (pg.RaiseException(), Trouble.OTHER, False, "SQLSTATE P0001"),
    ],
)
def test_every_trouble_has_its_remedy(error: Exception, trouble: Trouble, recoverable: bool, hint: str) -> None:
    with pytest.raises(StoreError) as caught, translate("store readings", "3 rows"):
        raise error
    assert (caught.value.trouble, caught.value.recoverable) == (trouble, recoverable)
    assert caught.value.line().startswith("store readings: 3 rows – ")
    assert hint in caught.value.hint
    assert caught.value.exit_code == 1


def test_what_is_not_the_database_s_passes_through() -> None:
    with pytest.raises(KeyError), translate("read"):
        raise KeyError


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        ('FATAL:  password authentication failed for user "ann"', Trouble.CREDENTIALS),
        ('FATAL:  role "ann" does not exist', Trouble.CREDENTIALS),
        ("FATAL:  no pg_hba.conf entry for host", Trouble.CREDENTIALS),
        ('FATAL:  database "nope" does not exist', Trouble.NO_DATABASE),
        ("FATAL:  the database system is starting up", Trouble.UNAVAILABLE),
        ("FATAL:  sorry, too many clients already", Trouble.UNAVAILABLE),
        ("fe_sendauth: no password supplied", Trouble.CREDENTIALS),
        ("Connection refused", Trouble.UNAVAILABLE),
    ],
)
def test_why_a_connection_failed(words: str, trouble: Trouble) -> None:
    error = connect_error(psycopg.OperationalError(FATAL + words), "postgresql://ann:s3cret@10.0.0.9:5432/dialysis")
    assert error.trouble is trouble
    assert error.subject == "10.0.0.9:5432, database dialysis"
    assert "s3cret" not in error.line() and "ann" not in error.line()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://u:p@db.example:6000/x", "db.example:6000, database x"),
        ("postgresql://u:p@db.example/x", "db.example, database x"),
        ("postgresql://u:p@/x?host=%2Frun%2Fpg", "/run/pg, database x"),
        ("host=h password=p", "h, database by user name"),
        ("postgresql:///", "local socket, database by user name"),
        ("p@ss://word", "HOMEHD_DATABASE"),
    ],
)
def test_where_a_url_points(url: str, text: str) -> None:
    assert describe(url) == text


def test_a_row_s_content_never_gets_in(conn: Connection) -> None:
    statement = "INSERT INTO clinic (name) VALUES ('Ann Smith')"
    conn.execute(statement)
    with pytest.raises(StoreError) as caught, translate("add clinic"):
        conn.execute(statement)
    assert caught.value.line() == "add clinic: clinic_name_key – there is one already"
