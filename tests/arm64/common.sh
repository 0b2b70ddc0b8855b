# What the scripts share that build or enter Arm trees. They set "program", their name in errors.
#
# shellcheck shell=bash
# Called by name only, or by who sources this:
# shellcheck disable=SC2317,SC2034,SC2154

child=

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

# unshare ignores SIGTERM while it waits; killed, it takes its namespaces with it.
stop_child() {
    if [[ -n $child ]]; then
        kill -KILL "$child" 2>/dev/null || true
    fi
}

# Run in the background and wait: bash then answers Ctrl-C at once, not when the command is done.
guarded() {
    local status=0
    "$@" &
    child=$!
    wait "$child" || status=$?
    child=
    return "$status"
}

# Ctrl-C and a signal end what was started as well.
stop_with_child() {
    trap stop_child EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

is_arm() { [[ $(uname -m) == aarch64 ]]; }

emulator_registered() {
    [[ -r /proc/sys/fs/binfmt_misc/qemu-aarch64 ]] &&
        grep -qx enabled /proc/sys/fs/binfmt_misc/qemu-aarch64
}

# What is missing of the programs that build a Debian tree of Arm's, one package a line.
missing_for_trees() {
    command -v mmdebstrap >/dev/null || say mmdebstrap
    [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || say debian-archive-keyring
    if ! is_arm && ! emulator_registered; then
        command -v qemu-aarch64-static >/dev/null || say qemu-user-static
        command -v update-binfmts >/dev/null || say binfmt-support
    fi
}

# Say what to install of the packages named, and end; nothing where none is named.
need_packages() {
    if (($#)); then
        fail "missing: $*. Run: apt-get install $*"
    fi
}

# mmdebstrap runs the packages' own scripts, by user-mode emulation where this is no Arm.
need_emulator() {
    if is_arm || emulator_registered; then
        return
    fi
    if [[ ! -e /proc/sys/fs/binfmt_misc/register ]]; then
        mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null ||
            fail "this kernel gives no binfmt_misc, so it cannot start Arm programs (inside a container: start it with --privileged, or register qemu-aarch64 on its host)"
    fi
    update-binfmts --enable qemu-aarch64 >/dev/null 2>&1 || true
    emulator_registered ||
        fail "qemu-aarch64 could not be registered. Run: apt-get install --reinstall qemu-user-static binfmt-support"
    # Without F the kernel would look for QEMU inside the tree.
    grep -q '^flags:.*F' /proc/sys/fs/binfmt_misc/qemu-aarch64 ||
        fail "qemu-aarch64 is registered without the flag F. Run: update-binfmts --disable qemu-aarch64; apt-get install --reinstall qemu-user-static"
}

# Take what is done in a folder of its own, and rename it when it is whole.
remove_tree() { rm -rf --one-file-system -- "$1"; }
