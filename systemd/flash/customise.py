"""The files by which Raspberry Pi OS sets itself up on its first boot, filled in.

Trixie reads cloud-init's files on the boot partition. Bookworm has no cloud-init: there the
kernel's command line starts ``firstrun.sh``, once.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from flash.settings import Settings, Wifi
from flash.system import MINE, System

# As Raspberry Pi's own Imager has them for the first user.
GROUPS = "users,adm,dialout,audio,netdev,video,plugdev,cdrom,games,input,gpio,spi,i2c,render,sudo"
FIRMWARE = "/boot/firmware"
WANTED = f"{MINE}/settings"
SCRIPT = f"{FIRMWARE}/{MINE}/first_boot.sh"
RUN_ONCE = (
    f"systemd.run={FIRMWARE}/firstrun.sh",
    "systemd.run_success_action=reboot",
    "systemd.unit=kernel-command-line.target",
)


def customised(system: System, settings: Settings, cmdline: str) -> dict[str, bytes]:
    """Return the files to write, by their path on the boot partition."""
    instance = f"mien-{secrets.token_hex(6)}"
    files = _cloud_files(settings, instance) if system.cloud_init else _run_once_files(settings)
    tokens = [f"ds=nocloud;i={instance}"] if system.cloud_init else list(RUN_ONCE)
    if settings.wifi:
        tokens.insert(0, f"cfg80211.ieee80211_regdom={settings.wifi.country}")
        files[f"{MINE}/wifi"] = b"switch it on\n"
        files[f"{WANTED}/wifi.nmconnection"] = _connection(settings.wifi).encode()
    if settings.ssh_keys:
        files["ssh"] = b""  # Raspberry Pi OS then starts its SSH server, and removes this
    files["cmdline.txt"] = edited(cmdline, tokens).encode()
    return files


def edited(cmdline: str, tokens: list[str]) -> str:
    """Return the kernel's command line, one line, with ``tokens`` in place of older ones."""
    ours: tuple[str, ...] = ("ds=nocloud", "systemd.run", "systemd.unit=kernel-command-line")
    if any(token.startswith("cfg80211.") for token in tokens):
        ours += ("cfg80211.ieee80211_regdom=",)
    kept = [word for word in cmdline.split() if not word.startswith(ours)]
    return " ".join([*kept, *tokens]) + "\n"


def _cloud_files(settings: Settings, instance: str) -> dict[str, bytes]:
    # Not network-config: cloud-init writes what stands there into its log, keys and all.
    return {
        "user-data": _user_data(settings).encode(),
        "meta-data": f"dsmode: local\ninstance-id: {instance}\n".encode(),
    }


def _user_data(settings: Settings) -> str:
    # A string of JSON is one of YAML too.
    lines = ["#cloud-config"]
    if settings.hostname:
        lines += [f"hostname: {json.dumps(settings.hostname)}", "manage_etc_hosts: localhost"]
    if settings.ssh_keys:
        lines += [
            "users:",
            f"- name: {json.dumps(settings.user)}",
            f"  groups: {GROUPS}",
            "  shell: /bin/bash",
            "  lock_passwd: true",
            "  sudo: ALL=(ALL) NOPASSWD:ALL",
            "  ssh_authorized_keys:",
            *(f"  - {json.dumps(key)}" for key in settings.ssh_keys),
            "ssh_pwauth: false",
            # The user pi is there already, with nologin as the shell. Raspberry Pi's own script
            # gives another name a shell, but in the images of April 2026 forgets that one.
            "runcmd:",
            f"- [usermod, --shell, /bin/bash, {json.dumps(settings.user)}]",
        ]
    # At every boot, and not by runcmd, which is tried once: the power may go at any moment.
    start = f"[ ! -e {SCRIPT} ] || exec sh {SCRIPT} start"
    lines += ["bootcmd:", f"- [sh, -c, {json.dumps(start)}]"]
    return "\n".join(lines) + "\n"


def _run_once_files(settings: Settings) -> dict[str, bytes]:
    files = {"firstrun.sh": Path(__file__).with_name("firstrun.sh").read_bytes()}
    if settings.hostname:
        files[f"{WANTED}/hostname"] = f"{settings.hostname}\n".encode()
    if settings.ssh_keys:
        files[f"{WANTED}/user"] = f"{settings.user}\n".encode()
        files[f"{WANTED}/authorized_keys"] = "".join(f"{k}\n" for k in settings.ssh_keys).encode()
    return files


def _connection(wifi: Wifi) -> str:
    # The name as a list of bytes, so that none of its signs means anything to NetworkManager.
    ssid = "".join(f"{byte};" for byte in wifi.ssid.encode())
    return (
        "[connection]\nid=mien\ntype=wifi\n\n"
        f"[wifi]\nmode=infrastructure\nssid={ssid}\n\n"
        f"[wifi-security]\nkey-mgmt=wpa-psk\npsk={wifi.key}\n\n"
        "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n"
    )
