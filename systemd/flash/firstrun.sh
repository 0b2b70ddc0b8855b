#!/bin/sh
# Set up Raspberry Pi OS Bookworm, once: cmdline.txt starts this instead of the usual services,
# and the Pi starts anew after it. What is to be set stands in mien/settings/.
#
# Nothing that fails may stop it, since the Pi would come back here for ever.
#
# Functions are called by name only (try):
# shellcheck disable=SC2317
set -u

boot=$(cd "$(dirname "$0")" && pwd)
root=${MIEN_ROOT:-} # for tests
wanted=$boot/mien/settings

say() { echo "mien: $*"; }

try() {
    "$@" || say "$1 failed; going on" >&2
}

set_hostname() {
    name=$(cat "$wanted/hostname") || return
    echo "$name" >"$root/etc/hostname"
    if grep -q '^127\.0\.1\.1' "$root/etc/hosts"; then
        sed -i "s/^127\.0\.1\.1.*/127.0.1.1\t$name/" "$root/etc/hosts"
    else
        printf '127.0.1.1\t%s\n' "$name" >>"$root/etc/hosts"
    fi
}

# Raspberry Pi OS has a first user already, whom its own script renames and sets free.
add_user() {
    name=$(cat "$wanted/user") || return
    if [ -x "$root/usr/lib/userconf-pi/userconf" ]; then
        "$root/usr/lib/userconf-pi/userconf" "$name" '' || say "userconf failed" >&2
    fi
    getent passwd "$name" >/dev/null || useradd --create-home --shell /bin/bash "$name"
    # No password: the key alone. The first user of an image may have no shell to log in to.
    usermod --lock --shell /bin/bash "$name"
    for group in users adm dialout audio netdev video plugdev cdrom games input gpio spi i2c render sudo; do
        if getent group "$group" >/dev/null; then
            usermod --append --groups "$group" "$name"
        fi
    done
    echo "$name ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/010_mien-user"
    chmod 440 "$root/etc/sudoers.d/010_mien-user"
}

add_keys() {
    name=$(cat "$wanted/user") || return
    home=$root$(getent passwd "$name" | cut -d: -f6)
    mkdir -p "$home/.ssh"
    cp "$wanted/authorized_keys" "$home/.ssh/authorized_keys"
    chmod 700 "$home/.ssh"
    chmod 600 "$home/.ssh/authorized_keys"
    chown -R "$name:" "$home/.ssh"
}

# The settings hold the key of the Wi-Fi, and go when the system has them on its disk. The hook
# goes after that, and not before: until then all of this is simply done again.
finish() {
    sync
    rm -rf "$wanted"
    sed 's/ systemd\.run[^ ]*//g; s/ systemd\.unit=kernel-command-line\.target//g' \
        "$boot/cmdline.txt" >"$boot/cmdline.new" && sync && mv "$boot/cmdline.new" "$boot/cmdline.txt"
    rm -f "$boot/firstrun.sh"
    sync
}

main() {
    if [ -e "$wanted/hostname" ]; then try set_hostname; fi
    if [ -e "$wanted/user" ]; then
        try add_user
        try add_keys
    fi
    try sh "$boot/mien/first_boot.sh" arm
    try finish
}

# On one line, since the script removes itself.
main; exit 0
