#!/usr/bin/env bash
# Run a command inside an arm64 tree, as an ordinary user, on a read-only copy of the repository.
#
# Called by run.sh as process 1 of its own mount and process namespaces. So nothing mounted here is
# ever seen outside, and however this ends, the kernel takes mounts and processes away with it.
#
#   in_tree.sh TREE REPOSITORY COMMAND...
set -euo pipefail

tree=$1
repository=$2
shift 2

mount --make-rprivate /

# A copy, so that an edit during a slow run does not change what is tested.
mount -t tmpfs -o mode=755 none "$tree/opt/mien"
tar -C "$repository" --exclude-vcs --exclude='./.venv*' --exclude=./.cache --exclude=./runs \
    --exclude=__pycache__ -cf - . | tar -C "$tree/opt/mien" --no-same-owner -xf -
mount -o remount,ro "$tree/opt/mien"

mount -t proc none "$tree/proc"
mount -t sysfs -o ro none "$tree/sys" # the runtimes count processors there
mount -t tmpfs -o mode=1777 none "$tree/tmp"
mkdir "$tree/tmp/home"
chmod 1777 "$tree/tmp/home"

# QEMU before 8 shows this machine's own /proc/cpuinfo. LiteRT's reader of Arm processors crashes on
# an x86 one. Without /sys it reads nothing, and then runs without XNNPACK, which a Pi does have.
if [[ -n ${QEMU_CPU:-} ]]; then
    case $QEMU_CPU in
        cortex-a53) part=0xd03 ;;
        cortex-a76) part=0xd0b ;;
        *) part=0xd08 ;; # Cortex-A72
    esac
    for ((processor = 0; processor < $(nproc --all); processor++)); do
        printf '%s\t: %s\n' processor "$processor" Features 'fp asimd evtstrm crc32 cpuid' \
            'CPU implementer' 0x41 'CPU architecture' 8 'CPU variant' 0x0 'CPU part' "$part" \
            'CPU revision' 3
        echo
    done >"$tree/tmp/cpuinfo"
    mount --bind "$tree/tmp/cpuinfo" "$tree/proc/cpuinfo"
fi

# Few devices on purpose: a camera of this machine must not be found.
mount -t tmpfs -o mode=755 none "$tree/dev"
for node in null zero full random urandom tty; do
    : >"$tree/dev/$node"
    mount --bind "/dev/$node" "$tree/dev/$node"
done
mkdir -m 1777 "$tree/dev/shm"
mkdir "$tree/dev/pts"
mount -t tmpfs -o mode=1777 none "$tree/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 none "$tree/dev/pts"
ln -s pts/ptmx "$tree/dev/ptmx"
ln -s /proc/self/fd "$tree/dev/fd"
ln -s /proc/self/fd/0 "$tree/dev/stdin"
ln -s /proc/self/fd/1 "$tree/dev/stdout"
ln -s /proc/self/fd/2 "$tree/dev/stderr"

environment=(
    PATH=/usr/bin:/bin HOME=/tmp/home LANG=C.UTF-8 PYTHONPATH=/opt/mien-site
    PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis
)
if [[ -n ${QEMU_CPU:-} ]]; then
    environment+=("QEMU_CPU=$QEMU_CPU")
fi

# Not exec: process 1 ignores signals that it has no handler for, and tests send some to themselves.
# As an ordinary user: permissions do not stop root. The shell that started this in the background
# ignores SIGINT; Python would inherit that.
cd /
env --default-signal=INT,QUIT chroot --userspec=1000:1000 --groups=1000 "$tree" \
    /usr/bin/env -i "${environment[@]}" /bin/sh -c 'cd /opt/mien && exec "$@"' sh "$@"
