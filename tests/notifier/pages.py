"""Pages, networks and addresses that the tests of channels share."""

from __future__ import annotations

from typing import Final

from notifier.channels.networks import Networks, parse
from notifier.page import Page, Site
from telemetry.alarms import Priority

LOOPBACK: Final[Networks] = parse(["127.0.0.0/8"])
SITE: Final = Site(url="https://hd.example.org")
RECEIPT: Final = "ab" * 16
# Seconds that a send to a receiver that behaves is never near to.
TIMEOUT_S: Final = 5.0


def page(key: str = "17-4", priority: Priority = Priority.HIGH) -> Page:
    return Page(key, priority, site=SITE, receipt=RECEIPT)


# One address of every kind that the tests use, and what in it nobody else may see.
SECRETS: Final[dict[str, tuple[str, ...]]] = {
    "json://nurse:hunter2@gateway.example.org:8443/hook/T0KEN?+X-Key=HEADERKEY": (
        "nurse", "hunter2", "T0KEN", "HEADERKEY", "hook",
    ),
    "jsons://gateway.example.org/hook/T0KEN": ("T0KEN",),
    "form://gateway.example.org/hook/T0KEN": ("T0KEN",),
    "ntfys://tk_abc123def456@ntfy.example.org/wang-pager": ("tk_abc123def456", "wang-pager"),
    "ntfy://wang-pager-7f3a": ("wang-pager-7f3a",),
    "dingtalk://" + "a1b2" * 10 + "/13800138000": ("a1b2", "13800138000"),
    "dingtalk://SECc0ffee00@" + "a1b2" * 10: ("c0ffee00", "a1b2"),
    "feishu://" + "feedbeef-0000-1111-2222-333344445555": ("feedbeef",),
    "wecombot://693a1bc6-7a0c-4bc4-97a0-0ec2f1fa5aaa": ("693a1bc6",),
    "wechat://corpid:corpsecret@1000002/wangwei": ("corpid", "corpsecret", "1000002", "wangwei"),
    "barks://bark.example.org/DeviceKey99": ("DeviceKey99",),
    "pagerduty://" + "A" * 32 + "@" + "b" * 32 + "/unit": ("AAAA", "bbbb"),
    "twilio://AC" + "c" * 32 + ":" + "d" * 32 + "@+15551234567/+8613800138000": ("cccc", "dddd", "1234567", "1380013"),
    "mailto://wangwei:hunter2@mail.example.org": ("wangwei", "hunter2"),
    "mailtos://mail.example.org:587?user=u1&pass=hunter2&from=hd@example.org&to=wangwei@hospital.example": (
        "hunter2", "wangwei", "u1", "hospital.example",
    ),
    '{"endpoint":"https://push.example.net/send/dEvIcE99","expirationTime":null,"keys":{'
    '"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",'
    '"auth":"BTBZMqHH6r4Tts7J_aSIgg"}}': ("dEvIcE99", "BCVxsr7N", "BTBZMqHH"),
}  # fmt: skip
