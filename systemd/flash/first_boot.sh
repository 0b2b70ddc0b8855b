#!/bin/sh
# Install Mien from the boot partition, on which `make image` has put it.
#
#   first_boot.sh arm        know the Wi-Fi; at each boot, until it is done, install
#   first_boot.sh start      the same, and begin now
#   first_boot.sh install    install, and take away what was only for that
#
# It may be cut off anywhere by the power, and is then run again from the beginning.
set -eu

mine=$(cd "$(dirname "$0")" && pwd)
boot=$(dirname "$mine")
root=${MIEN_ROOT:-} # for tests
units=$root/etc/systemd/system
unit=mien-first-boot.service
work=$root/var/tmp/mien-first-boot

say() { echo "mien: $*"; }

fail() {
    say "$*" >&2
    exit 1
}

# cloud-init could do this as well, and would write the key of the Wi-Fi into its log.
add_wifi() {
    connections=$root/etc/NetworkManager/system-connections
    [ -e "$mine/settings/wifi.nmconnection" ] || return 0
    mkdir -p "$connections"
    # NetworkManager reads none that others could read.
    (umask 077 && cat "$mine/settings/wifi.nmconnection" >"$connections/mien.nmconnection")
}

arm() {
    add_wifi
    mkdir -p "$units/multi-user.target.wants"
    cp "$mine/$unit" "$units/$unit"
    chmod 644 "$units/$unit"
    ln -sfn "../$unit" "$units/multi-user.target.wants/$unit"
    sync
}

disarm() {
    rm -f "$units/multi-user.target.wants/$unit" "$units/$unit"
}

# Raspberry Pi OS leaves Wi-Fi off until its country is known. It is on the command line now.
switch_wifi_on() {
    [ -e "$mine/wifi" ] || return 0
    if command -v rfkill >/dev/null; then
        rfkill unblock wifi || say "rfkill could not switch the Wi-Fi on"
    fi
    if command -v nmcli >/dev/null; then
        nmcli radio wifi on || say "NetworkManager could not switch the Wi-Fi on"
    fi
}

# A Pi camera's driver is not on the card. On a Raspberry Pi that has none yet the installer
# fetches it from the distribution, where there is a network and a clock by then.
wait_for_network() {
    grep -qs 'Raspberry Pi' "$root/proc/device-tree/model" || return 0
    [ ! -d "$root/usr/lib/python3/dist-packages/picamera2" ] || return 0
    nm-online --quiet --timeout=60 || {
        say "no network yet: a Pi camera needs python3-picamera2 later"
        return 0
    }
    timeout 60 systemctl start systemd-time-wait-sync.service || say "the clock is not set yet"
}

# The key of the Wi-Fi, which the system has on its own disk by now.
forget_secrets() {
    sync
    rm -rf "$mine/settings"
    sync
}

forget_user_data() {
    [ ! -e "$boot/user-data" ] || printf '#cloud-config\n' >"$boot/user-data"
}

unpack() {
    rm -rf "$work"
    mkdir -m 700 "$work"
    tar -xzf "$mine/mien.tar.gz" -C "$work" --no-same-owner
}

install() {
    say "checking what is on the card"
    (cd "$mine" && sha256sum --check --quiet SHA256SUMS) ||
        fail "the card is damaged, or was not written whole: write the image to it again"
    switch_wifi_on
    forget_secrets
    unpack
    wait_for_network
    say "installing (some minutes; it begins anew if the power goes)"
    # Nobody is waiting, and the first start on a small Pi takes its time.
    bash "$work/systemd/install.sh" --wheelhouse "$mine/wheels" --ready 300 ||
        fail "Mien could not be installed; it is tried again at the next boot"
    rm -rf "$work"
    forget_user_data
    # A folder has gone at once when it has another name, whatever happens after that.
    mv "$mine" "$boot/mien.done"
    disarm
    sync
    rm -rf "$boot/mien.done"
    sync
    say "Mien is installed"
}

main() {
    case ${1:-} in
        arm) arm ;;
        start)
            arm
            systemctl daemon-reload
            systemctl start --no-block "$unit"
            ;;
        install) install ;;
        *) fail "first_boot.sh: arm, start or install" ;;
    esac
}

# On one line, since the script removes itself.
main "$@"; exit
