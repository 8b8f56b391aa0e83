"""Everything Apprise carries: SMS gateways, WeCom, DingTalk, Feishu, Bark, ntfy, PagerDuty and some 170 more.

Apprise and its plug-ins take a second and 18 MB: they are loaded when the first such address is seen, once.
What they say about a failure can hold keys, so it is read for its meaning and told in our words.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from notifier.channels import answers, guard, overheard
from notifier.channels.channel import AddressError, Sent, Unreachable
from notifier.channels.networks import Networks
from notifier.page import Page
from telemetry.alarms import Priority

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

MAX_ADDRESS: Final = 2048  # characters
# These act on this server instead of telling anybody, or are no way to a person.
_LOCAL: Final = frozenset({
    "blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "rsyslog", "syslog", "windows",
})  # fmt: skip
_OWN: Final[dict[str, str]] = {
    "vapid": "a browser subscribes by itself: give its subscription, which begins with {",
    "mqtt": "the broker is for homes", "mqtts": "the broker is for homes",
}  # fmt: skip
# Arguments by which a plug-in reads a file of this server or fetches one.
_FILES: Final = frozenset({
    "attach", "attach-as", "attach_as", "config", "filename", "icon", "include", "keyfile", "pgp", "pgpkey", "pgpprv",
    "pgppub", "subfile", "template",
})  # fmt: skip
_KIND: Final = {Priority.HIGH: "failure", Priority.MEDIUM: "warning", Priority.LOW: "info"}
_NTFY_PRIORITY: Final = {Priority.HIGH: "max", Priority.MEDIUM: "high", Priority.LOW: "low"}


class AppriseUrls:
    """`SCHEME://…` as Apprise's own pages describe it."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def check(self, address: str) -> None:
        """AddressError for an unknown or local scheme, a missing host, a number that is none, several receivers."""
        plugin = plugin_of(address, self.mask(address))
        if len(plugin) > 1:
            hint = "one channel reaches one person: enter the others as channels of their own"
            raise AddressError("check a channel's address", self.mask(address), hint=hint)
        check_host(network_host(plugin), plugin.port, self._networks, self.mask(address))

    def mask(self, address: str) -> str:
        """Scheme and host, where the second part is one."""
        host = self.host(address)
        return f"{host}/…" if "://" in host else f"{host}://…"

    def host(self, address: str) -> str:
        """`ntfys://host:port`, or the scheme alone where all such addresses lead to one service."""
        scheme = scheme_of(address)
        if not _is_known(scheme):
            return scheme[:20] or "unknown"
        with overheard.hearing():
            plugin = _instance(address)
        host = network_host(plugin) if plugin else ""
        return f"{scheme}://{receiver(host, plugin.port)}"[:100] if host and plugin else scheme

    def send(self, address: str, page: Page, timeout_s: float) -> Sent:
        """Taken by the service; whether it got to a device no such service says."""
        try:
            plugin = plugin_of(address, self.mask(address))
        except AddressError as error:
            raise Unreachable(f"the address can no longer be used: {error.hint}") from None
        _prepare(plugin, page, timeout_s)
        taken = False
        with guard.sending(self._networks, timeout_s) as watched, overheard.hearing() as said:
            try:
                taken = bool(plugin.notify(page.text, title=page.title, notify_type=_KIND[page.priority]))
            except Exception as error:  # a plug-in is somebody else's code: whatever it raises, the page was not taken
                said.append(type(error).__name__)
        if watched.trouble or not taken:
            raise _meaning(said, watched)
        return Sent("sent", "taken by the service")


def scheme_of(address: str) -> str:
    """The part before ://, in lower case; empty when there is none."""
    found = re.match(r"([A-Za-z0-9]+)://", address)
    return found[1].lower() if found else ""


def plugin_of(address: str, masked: str) -> NotifyBase:
    """The plug-in for an address, which may be used; AddressError otherwise."""
    scheme = scheme_of(address)
    hint = _objection(scheme, address)
    if hint:
        raise AddressError("check a channel's address", masked, hint=hint)
    with overheard.hearing() as said:
        plugin = _instance(address)
    if plugin is None or said or len(plugin) < 1:
        raise AddressError("check a channel's address", masked, hint=_complaint(scheme, said))
    return plugin


def _objection(scheme: str, address: str) -> str:
    """Why an address is refused before any plug-in sees it, or empty."""
    if not scheme:
        return "no address of a channel: expected SCHEME://…, mailto://… or a browser's subscription"
    if scheme in _OWN:
        return _OWN[scheme]
    if scheme in _LOCAL:
        return f"{scheme} acts on the server and reaches nobody"
    if not _is_known(scheme):
        return f"no channel is called {scheme[:20]!r}: see docs/operations/channels.md"
    if len(address) > MAX_ADDRESS or not address.isprintable():
        return f"one line of at most {MAX_ADDRESS} characters"
    try:
        parts = urlsplit(address)
    except ValueError:
        return _form(scheme)
    if not parts.netloc.rpartition("@")[2].strip(":"):
        return f"host or key is missing; {_form(scheme)}"
    named = sorted(_FILES & {name.lower().lstrip("+-:") for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"leave out {named[0]}=: a page carries no files" if named else ""


def _complaint(scheme: str, said: list[str]) -> str:
    text = " ".join(said).lower()
    if "phone" in text:
        return "a phone number in it is none: give it with its country code, as in +8613800138000"
    if "email" in text or "e-mail" in text:
        return f"an e-mail address in it is none; {_form(scheme)}"
    return f"a part of it is missing or none; {_form(scheme)}"


def _form(scheme: str) -> str:
    forms = _plugins()[scheme].templates if _is_known(scheme) else ()
    return f"expected {str(forms[0]).replace('{schema}', scheme)}" if forms else "expected SCHEME://…"


def _prepare(plugin: NotifyBase, page: Page, timeout_s: float) -> None:
    plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout_s
    plugin.redirects = False
    name = type(plugin).__name__
    # Where a service can tell a repeated page from a new one, it is given the key to do so.
    if name == "NotifyPagerDuty":
        plugin.dedup = page.key
    elif name == "NotifyOpsgenie":
        plugin.alias = page.key
    elif name in ("NotifyJSON", "NotifyForm", "NotifyXML"):
        plugin.headers["Idempotency-Key"] = page.key
    elif name == "NotifyNtfy":
        plugin.priority = _NTFY_PRIORITY[page.priority]
        plugin.click = page.link or None


def _meaning(said: list[str], watched: guard.Guard) -> Unreachable:
    text = " ".join(said)
    status = re.search(r"\berror=([3-5]\d\d)\b", text)
    if status and not watched.trouble:
        return answers.refusal(int(status[1]))
    broke_off = "onnection error" in text or "imeout" in text
    return Unreachable(watched.trouble or (guard.BROKEN if broke_off else "the service did not take it"))


def check_host(host: str, port: int | None, networks: Networks, masked: str) -> None:
    """AddressError for a port that is none or an IP address that may not be reached."""
    if port is not None and not 0 < port < 65536:
        raise AddressError("check a channel's address", masked, hint="its port is none: 1 to 65535")
    refused = networks.refusal_of_host(host)
    if refused:
        hint = f"its host is {refused}; setting channel_networks allows it"
        raise AddressError("check a channel's address", masked, hint=hint)


def network_host(plugin: NotifyBase) -> str:
    """The host that a plug-in connects to, where its address names one: never a key, a topic or a number."""
    host = str(getattr(plugin, "host", "") or "").strip("[]")
    named = any("{host}" in str(form) for form in plugin.templates)
    return host if named and ("." in host or ":" in host or host == "localhost") else ""


def receiver(host: str, port: int | None) -> str:
    """`host:port`, as in an address."""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def _is_known(scheme: str) -> bool:
    return scheme in _plugins() and scheme not in _LOCAL and scheme not in _OWN


@cache
def _plugins() -> dict[str, type[NotifyBase]]:
    """Scheme → plug-in, of those that this installation can run."""
    # Some plug-ins still use what Python is about to drop; Apprise's affair, and no line of our log.
    with overheard.hearing(), warnings.catch_warnings(action="ignore"):
        from apprise.manager_plugins import NotificationManager

        manager = NotificationManager()
        return {scheme: manager[scheme] for scheme in manager.schemas() if manager[scheme].enabled}


@cache
def _asset() -> AppriseAsset:
    from apprise import AppriseAsset
    from apprise.common import PersistentStoreMode

    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, allow_templates=False, plugin_paths=[])
    asset.app_id = asset.app_desc = "homehd"
    asset.app_url = asset.image_url_mask = asset.image_url_logo = ""
    asset.http_redirects = asset.interpret_escapes = asset.interpret_emojis = False
    return asset


def _instance(address: str) -> NotifyBase | None:
    from apprise import Apprise

    _plugins()
    return Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
