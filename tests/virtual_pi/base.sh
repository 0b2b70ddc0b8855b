#!/usr/bin/env bash
# Build what the virtual Pi starts from: a Debian arm64 system as a disk image, its kernel and initrd.
#
#   bash tests/virtual_pi/base.sh [trixie|bookworm] [CACHE]     default: trixie .cache/virtual_pi
#
# It is kept in CACHE/SUITE/ and used again until what it was made from changes.
# Nothing is mounted outside a namespace of its own. See README.md beside this file.
#
# Some functions are called by name only (traps, guarded):
# shellcheck disable=SC2317
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=virtual_pi
# shellcheck source=tests/arm64/common.sh
source "$here/../arm64/common.sh"
suite=${1:-trixie}
cache=${2:-$(cd "$here/../.." && pwd)/.cache/virtual_pi}

mirror=${MIEN_DEBIAN_MIRROR:-http://deb.debian.org/debian}
image_size=3G
packages=(
    linux-image-arm64 initramfs-tools systemd-sysv systemd-timesyncd udev dbus kmod iproute2
    python3 libstdc++6 tzdata # what install.sh finds on a Raspberry Pi OS Lite
    openssh-server            # how the tests get in
    v4l-utils                 # to set up the virtual camera
    # What SDL wants for a picture on the console without a desktop.
    libgbm1 libdrm2 libegl1 libgles2 libgl1-mesa-dri
)

need_tools() {
    local wanted
    mapfile -t wanted < <(missing_for_trees)
    command -v qemu-system-aarch64 >/dev/null || wanted+=(qemu-system-arm)
    command -v qemu-img >/dev/null || wanted+=(qemu-utils)
    command -v arch-test >/dev/null || wanted+=(arch-test)
    command -v systemctl >/dev/null || wanted+=(systemd)
    command -v mke2fs >/dev/null || wanted+=(e2fsprogs)
    command -v ssh >/dev/null || wanted+=(openssh-client)
    need_packages "${wanted[@]}"
}

recipe() {
    printf '%s\n' "recipe 1" "suite $suite" "mirror $mirror" "packages ${packages[*]}" "size $image_size"
    sha256sum <"$here/base.sh"
}

tree_recipe() { printf '%s\n' "tree 1" "suite $suite" "mirror $mirror" "packages ${packages[*]}"; }

build_tree() {
    local tree=$cache/$suite/tree part=$cache/$suite/tree.part log=$cache/$suite/build.log started=$SECONDS
    local included
    if [[ -f $tree.recipe && $(<"$tree.recipe") == "$(tree_recipe)" && -d $tree ]]; then
        return
    fi
    say "building the $suite tree in $tree (some ten minutes; log in $log)"
    rm -f -- "$tree.recipe"
    remove_tree "$part"
    remove_tree "$tree"
    included=$(IFS=, && printf '%s' "${packages[*]}")
    # Which modules the initrd needs is known: to look through all takes minutes under emulation.
    # The single quotes are meant: mmdebstrap's shell fills in $1.
    # shellcheck disable=SC2016
    if ! guarded unshare --mount --pid --fork --kill-child --mount-proc \
        mmdebstrap --mode=root --arch=arm64 --variant=important --include="$included" \
        --aptopt='Acquire::Retries "3"' --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
        --essential-hook='printf "MODULES=list\nCOMPRESS=gzip\n" >"$1/etc/initramfs-tools/conf.d/virtual-pi"' \
        --essential-hook='mkdir -p "$1/usr/share/initramfs-tools/modules.d"' \
        --essential-hook='printf "%s\n" virtio_pci virtio_blk ext4 >"$1/usr/share/initramfs-tools/modules.d/virtual-pi"' \
        "$suite" "$part" "$mirror" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "mmdebstrap could not build $suite from $mirror; the whole log is $log"
    fi
    mv "$part" "$tree"
    tree_recipe >"$tree.recipe"
    say "built the $suite tree in $((SECONDS - started)) s"
}

# The tests' way in, and nothing that Raspberry Pi OS would not have.
prepare_tree() {
    local tree=$1
    printf 'virtual-pi\n' >"$tree/etc/hostname"
    printf '127.0.0.1 localhost virtual-pi\n::1 localhost\n' >"$tree/etc/hosts"
    printf '/dev/vda / ext4 defaults,errors=remount-ro 0 1\n' >"$tree/etc/fstab"
    printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' \
        >"$tree/etc/systemd/network/20-wired.network"
    systemctl --quiet --root="$tree" enable systemd-networkd ssh
    # Waiting for a network that leads nowhere would hold up the start.
    systemctl --quiet --root="$tree" mask systemd-networkd-wait-online.service \
        networking.service ifupdown-pre.service apt-daily.timer apt-daily-upgrade.timer \
        e2scrub_all.timer fstrim.timer man-db.timer dpkg-db-backup.timer
    install -d -m 700 "$tree/root/.ssh"
    install -m 600 "$cache/key.pub" "$tree/root/.ssh/authorized_keys"
    # All is up to date: the first start need not rebuild what the packages built already.
    touch -r "$tree/usr" "$tree/etc/.updated" "$tree/var/.updated"
}

build_image() {
    local folder=$cache/$suite started=$SECONDS part=$cache/$suite/prepared
    say "building the disk image of $suite"
    remove_tree "$part"
    rm -f -- "$folder/root.img" "$folder/root.img.part"
    cp -a --reflink=auto -- "$folder/tree" "$part"
    prepare_tree "$part"
    cp -- "$part"/boot/vmlinuz-*-arm64 "$folder/vmlinuz" # it has one kernel
    cp -- "$part"/boot/initrd.img-*-arm64 "$folder/initrd"
    mke2fs -q -t ext4 -L virtual-pi -E root_owner=0:0 -d "$part" "$folder/root.img.part" "$image_size" ||
        fail "mke2fs could not make the disk image: is there room in $folder?"
    remove_tree "$part"
    mv "$folder/root.img.part" "$folder/root.img"
    say "built the disk image in $((SECONDS - started)) s: $(du -h "$folder/root.img" | cut -f1) on disk"
}

main() {
    [[ $suite == bookworm || $suite == trixie ]] || fail "'$suite' is none of: bookworm trixie"
    ((EUID == 0)) || fail "needs root, to build a Debian tree. Run: sudo make test-vm"
    need_tools
    need_emulator
    mkdir -p "$cache/$suite"
    exec 9>"$cache/$suite/lock"
    flock --nonblock 9 || fail "another run is using $cache/$suite"
    if [[ ! -f $cache/key ]]; then
        ssh-keygen -q -t ed25519 -N '' -C virtual-pi -f "$cache/key"
    fi
    if [[ -f $cache/$suite/recipe && $(<"$cache/$suite/recipe") == "$(recipe)" ]]; then
        exit 0
    fi
    rm -f -- "$cache/$suite/recipe"
    build_tree
    build_image
    recipe >"$cache/$suite/recipe"
    exit 0 # here, so that bash reads no further in a file that was edited meanwhile
}

stop_with_child
main
