#!/usr/bin/env bash
# Run the device tests on 64-bit Arm Debian, under emulation where this machine is no Arm.
#
#   bash tests/arm64/run.sh [bookworm|trixie ...]      default: both
#
# bookworm: Python 3.11 with tflite-runtime. trixie: Python 3.13 with LiteRT.
# Trees are kept in .cache/arm64/ and used again. See README.md beside this file.
#
# Some functions are called by name only (traps, logged):
# shellcheck disable=SC2317
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=test-arm64
# shellcheck source=tests/arm64/common.sh
source "$here/common.sh"
repository=$(cd "$here/../.." && pwd)
cache=$repository/.cache/arm64

mirror=${MIEN_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=python3,libstdc++6,tzdata # libstdc++6: the runtimes are C++
limit_s=${MIEN_ARM64_LIMIT_S:-3600} # for one Debian's tests
cpu=${QEMU_CPU:-cortex-a72}         # a Pi 4: an instruction that only newer ones have must fail here

failed=0
verdicts=()

need_tools() {
    local wanted
    mapfile -t wanted < <(missing_for_trees)
    python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
    need_packages "${wanted[@]}"
}

need_root() {
    if ((EUID != 0)); then
        fail "needs root, to build and enter a Debian tree. Run: sudo make test-arm64"
    fi
}

tree_recipe() {
    printf '%s\n' "recipe 1" "suite $1" "mirror $mirror" "packages $packages"
}

build_tree() {
    local suite=$1 tree=$cache/$1 part=$cache/$1.part log=$cache/$1.build.log started=$SECONDS
    if [[ -f $tree/.recipe && $(<"$tree/.recipe") == "$(tree_recipe "$suite")" ]]; then
        return
    fi
    say "building the $suite tree in $tree (minutes; log in $log)"
    remove_tree "$part"
    remove_tree "$tree"
    # The single quotes are meant: mmdebstrap's shell fills in $1.
    # shellcheck disable=SC2016
    if ! guarded unshare --mount --pid --fork --kill-child --mount-proc \
        mmdebstrap --mode=root --arch=arm64 --variant=essential --include="$packages" \
        --aptopt='Acquire::Retries "3"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='printf "127.0.0.1 localhost\n::1 localhost\n" >"$1/etc/hosts"' \
        --customize-hook='echo "mien:x:1000:1000::/tmp/home:/bin/sh" >>"$1/etc/passwd"' \
        --customize-hook='echo "mien:x:1000:" >>"$1/etc/group"' \
        --customize-hook='mkdir "$1/opt/mien"' \
        "$suite" "$part" "$mirror" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "mmdebstrap could not build $suite from $mirror; the whole log is $log"
    fi
    tree_recipe "$suite" >"$part/.recipe"
    sync -f "$part/.recipe"
    mv "$part" "$tree"
    say "built the $suite tree in $((SECONDS - started)) s"
}

# pip and packaging for this machine's Python, out of the way of its own packages (PEP 668).
host_python() {
    local python=$cache/host/bin/python
    if ! "$python" -c 'import packaging, pip' 2>/dev/null; then
        remove_tree "$cache/host"
        python3 -m venv "$cache/host" || fail "python3 -m venv failed. Run: apt-get install python3-venv"
        "$python" -m pip install --quiet --upgrade pip packaging >"$cache/host.log" 2>&1 || {
            tail -n 5 "$cache/host.log" >&2
            fail "pip could not fetch pip and packaging"
        }
    fi
}

# The runtime that a Debian's tests use.
runtime_of() {
    case $1 in
        bookworm) say tflite-runtime ;;
        *) say ai-edge-litert ;;
    esac
}

install_site() {
    local suite=$1 tree=$cache/$1 site=$cache/$1/opt/mien-site log=$cache/$1.pip.log started=$SECONDS
    local python=$cache/host/bin/python versions version glibc lines platforms machine=aarch64 wanted
    versions=$(chroot "$tree" python3 -c \
        'import os, platform; print(platform.python_version(), os.confstr("CS_GNU_LIBC_VERSION").split()[1])') ||
        fail "Python does not start in $tree. To build it anew: rm -r $tree"
    read -r version glibc <<<"$versions"
    if [[ $(runtime_of "$suite") == tflite-runtime ]]; then
        machine=armv7l # what a 32-bit Pi gets, as 64-bit wheels: its lines name tflite-runtime
    fi
    lines=$("$python" "$repository/systemd/wheels.py" lines --python "$version" --machine "$machine" \
        "$repository/requirements-pi.txt" "$repository/tests/requirements.txt") || exit 1
    platforms=$("$python" "$repository/systemd/wheels.py" platforms --glibc "$glibc") || exit 1
    wanted=$(printf '%s\n' "site 2" "$version" "$glibc" "$lines")
    if [[ -f $tree/opt/mien-site.recipe && $(<"$tree/opt/mien-site.recipe") == "$wanted" ]]; then
        return
    fi
    say "fetching aarch64 wheels for Python $version, glibc $glibc: ${lines//$'\n'/, }"
    rm -f -- "$tree/opt/mien-site.recipe"
    remove_tree "$site"
    mapfile -t lines <<<"$lines"
    mapfile -t platforms <<<"$platforms"
    if ! guarded "$python" -m pip install --disable-pip-version-check --root-user-action=ignore \
        --no-compile --only-binary=:all: --python-version "${version%.*}" --implementation cp \
        "${platforms[@]}" --target "$site" "${lines[@]}" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "pip could not fetch the wheels for $suite; the whole log is $log"
    fi
    "$python" "$repository/systemd/wheels.py" check --python "$version" "$site" || exit 1
    printf '%s\n' "$wanted" >"$tree/opt/mien-site.recipe"
    say "installed the wheels in $((SECONDS - started)) s"
}

# Everything mounted is mounted in a namespace of its own, so nothing has to be undone afterwards.
in_tree() {
    local suite=$1
    shift
    is_arm || export QEMU_CPU=$cpu
    guarded unshare --mount --pid --fork --kill-child \
        bash "$here/in_tree.sh" "$cache/$suite" "$repository" \
        timeout --kill-after=10 "$limit_s" python3 "$@"
}

# What the command prints goes to the screen and to the log; it is all out before this returns.
logged() {
    local log=$1 status=0 copier
    shift
    exec 3> >(tee -a "$log")
    copier=$!
    "$@" >&3 2>&1 || status=$?
    exec 3>&-
    wait "$copier" || true
    return "$status"
}

test_on() {
    local suite=$1 log=$cache/$1.log status=0 plugin=()
    is_arm || plugin=(-p tests.arm64.emulation)
    build_tree "$suite"
    host_python
    install_site "$suite"
    say
    : >"$log"
    logged "$log" in_tree "$suite" tests/arm64/probe.py "$(runtime_of "$suite")" device/models/mien.tflite ||
        status=$?
    if ((status == 0)); then
        logged "$log" in_tree "$suite" -m pytest "${plugin[@]}" -p no:cacheprovider \
            -o faulthandler_timeout=300 tests/device ||
            status=$?
    fi
    ((status == 0)) || failed=1
    verdicts+=("$(verdict "$log" "$status")")
}

# The heading, and pytest's last line where it came so far.
verdict() {
    local log=$1 status=$2 heading summary
    heading=$(sed -n 's/^=== //p' "$log")
    summary=$(grep -E '^=+ .* in [0-9.]+s.* =+$' "$log" | tail -n 1) || true
    printf '%s\n' "${heading:-$log}" "${summary:-pytest gave no summary}"
    case $status in
        0) ;;
        124 | 137) say "stopped after $limit_s s (MIEN_ARM64_LIMIT_S)" ;;
        *) say "exit status $status" ;;
    esac
}

main() {
    local suites=("$@") suite
    ((${#suites[@]})) || suites=(bookworm trixie)
    for suite in "${suites[@]}"; do
        [[ $suite == bookworm || $suite == trixie ]] ||
            fail "'$suite' is none of: bookworm trixie"
    done
    need_root
    need_tools
    need_emulator
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock --nonblock 9 || fail "another run is using $cache"
    for suite in "${suites[@]}"; do
        test_on "$suite"
    done
    if ((${#suites[@]} > 1)); then
        say
        printf '%s\n' "${verdicts[@]}"
    fi
    exit "$failed" # here, so that bash reads no further in a file that was edited meanwhile
}

stop_with_child
main "$@"
