#!/usr/bin/env bash
# Build an image that is made as Raspberry Pi OS is: a FAT partition with kernel, cmdline.txt and
# (Trixie) cloud-init's files, a root partition, no first user but the system's. Debian's kernel
# and packages are in it, since a Raspberry Pi's own need a Raspberry Pi.
#
#   bash tests/virtual_pi/raspios.sh [trixie|bookworm] [CACHE]    default: trixie .cache/virtual_pi
#
# It is CACHE/SUITE/raspios.img, kept until what it was made from changes. It begins as a copy of
# the tree that base.sh builds.
#
# Some functions are called by name only (traps):
# shellcheck disable=SC2317
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=virtual_pi
# shellcheck source=tests/arm64/common.sh
source "$here/../arm64/common.sh"
suite=${1:-trixie}
cache=${2:-$(cd "$here/../.." && pwd)/.cache/virtual_pi}
folder=$cache/$suite
part=$folder/raspios

disk_id=4d8fd085
fat_mib=512 # as Raspberry Pi OS has it
root_mib=3072
# What Raspberry Pi OS Lite has, and the tree of base.sh has not.
packages=(sudo e2fsprogs netplan.io network-manager)
if [[ $suite == trixie ]]; then packages+=(cloud-init); fi

recipe() {
    printf '%s\n' "raspios 1" "suite $suite" "packages ${packages[*]}"
    cat "$folder/tree.recipe"
    sha256sum <"$here/raspios.sh"
}

add_packages() {
    local log=$folder/raspios.log
    cp --dereference /etc/resolv.conf "$part/etc/resolv.conf"
    cp --dereference /etc/hosts "$part/etc/hosts"
    # The single quotes are meant: the inner shell fills in $1.
    # shellcheck disable=SC2016
    guarded unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t sysfs sysfs "$1/sys" &&
            shift && exec chroot "$@"' - "$part" "$part" \
        env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c \
        'apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends "$@" && apt-get clean' \
        - "${packages[@]}" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "${packages[*]} could not be installed; the whole log is $log"
    }
}

# The settings that Raspberry Pi OS's own packages bring.
furnish() {
    printf 'raspberrypi\n' >"$part/etc/hostname"
    printf '127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n' >"$part/etc/hosts"
    # Under emulation, beside other work, disks appear later than a Pi would wait for them.
    printf 'proc /proc proc defaults 0 0\nPARTUUID=%s-01 /boot/firmware vfat defaults,x-systemd.device-timeout=900 0 2\nPARTUUID=%s-02 / ext4 defaults,noatime,x-systemd.device-timeout=900 0 1\n' \
        "$disk_id" "$disk_id" >"$part/etc/fstab"
    mkdir -p "$part/boot/firmware"
    rm -f "$part/etc/machine-id" "$part"/etc/ssh/ssh_host_*_key* "$part/etc/resolv.conf"
    printf 'uninitialized\n' >"$part/etc/machine-id"
    # Wi-Fi is off there until its country is known.
    mkdir -p "$part/var/lib/NetworkManager"
    printf '[main]\nWirelessEnabled=false\n' >"$part/var/lib/NetworkManager/NetworkManager.state"
    local unit
    for unit in NetworkManager-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
        e2scrub_all.timer fstrim.timer man-db.timer dpkg-db-backup.timer; do
        ln -sf /dev/null "$part/etc/systemd/system/$unit"
    done
    # Its keys are made on the first boot.
    mkdir -p "$part/etc/systemd/system/ssh.service.d"
    printf '[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n' \
        >"$part/etc/systemd/system/ssh.service.d/keys.conf"
    if [[ $suite == trixie ]]; then
        furnish_cloud_init
    fi
}

furnish_cloud_init() {
    local drop_in=$part/etc/systemd/system/cloud-init-main.service.d
    printf 'datasource_list: [ NoCloud, None ]\ndatasource:\n  NoCloud:\n    seedfrom: file:///boot/firmware\nssh_deletekeys: false\nssh_genkeytypes: []\n' \
        >"$part/etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg"
    mkdir -p "$drop_in" "$part/usr/lib/netplan"
    printf '[Unit]\nRequiresMountsFor=/boot/firmware\n' >"$drop_in/firmware.conf"
    printf 'network:\n  version: 2\n  renderer: NetworkManager\n' \
        >"$part/usr/lib/netplan/00-network-manager-all.yaml"
    chmod 600 "$part/usr/lib/netplan/00-network-manager-all.yaml"
}

newest() { find "$part/boot" -maxdepth 1 -name "$1-*" | sort --version-sort | tail -n 1; }

# What is on the boot partition; a Pi's firmware reads cmdline.txt, and so do the tests.
write_boot() {
    local fat=$1 resize=
    [[ $suite != trixie ]] || resize=' resize'
    truncate -s "${fat_mib}M" "$fat"
    mkfs.fat -F 32 -n BOOTFS "$fat" >/dev/null
    printf 'console=serial0,115200 console=tty1 root=PARTUUID=%s-02 rootfstype=ext4 fsck.repair=yes rootwait%s\n' \
        "$disk_id" "$resize" | mcopy -i "$fat" - ::cmdline.txt
    printf 'arm_64bit=1\nauto_initramfs=1\n' | mcopy -i "$fat" - ::config.txt
    printf 'Raspberry Pi reference 2025-12-04\nGenerated as Raspberry Pi OS is, for tests, stage2\n' |
        mcopy -i "$fat" - ::issue.txt
    mcopy -i "$fat" "$(newest vmlinuz)" ::kernel8.img
    mcopy -i "$fat" "$(newest initrd.img)" ::initramfs8
    if [[ $suite == trixie ]]; then
        printf '#cloud-config\n' | mcopy -i "$fat" - ::user-data
        printf 'dsmode: local\ninstance_id: rpios-image\n' | mcopy -i "$fat" - ::meta-data
        printf '# nothing yet\n' | mcopy -i "$fat" - ::network-config
    fi
}

assemble() {
    local image=$folder/raspios.img.part start=16384 fat=$folder/raspios.fat root=$folder/raspios.ext4
    local after=$((start + fat_mib * 2048))
    rm -f -- "$image" "$fat" "$root"
    write_boot "$fat"
    mke2fs -q -t ext4 -L rootfs -E root_owner=0:0 -d "$part" "$root" "${root_mib}M" >/dev/null ||
        fail "mke2fs could not make the root partition: is there room in $folder?"
    truncate -s "$(((after + root_mib * 2048) * 512))" "$image"
    printf 'label: dos\nlabel-id: 0x%s\nstart=%d, size=%d, type=c\nstart=%d, size=%d, type=83\n' \
        "$disk_id" "$start" $((fat_mib * 2048)) "$after" $((root_mib * 2048)) | sfdisk --quiet "$image"
    dd if="$fat" of="$image" bs=1M seek=$((start / 2048)) conv=notrunc,sparse status=none
    dd if="$root" of="$image" bs=1M seek=$((after / 2048)) conv=notrunc,sparse status=none
    rm -f -- "$fat" "$root"
    mv "$image" "$folder/raspios.img"
}

main() {
    local started=$SECONDS
    [[ $suite == bookworm || $suite == trixie ]] || fail "'$suite' is none of: bookworm trixie"
    bash "$here/base.sh" "$suite" "$cache"
    if [[ -f $folder/raspios.recipe && $(<"$folder/raspios.recipe") == "$(recipe)" ]]; then
        exit 0
    fi
    exec 8>"$cache/raspios.lock"
    flock --nonblock 8 || fail "another run is using $cache"
    say "building an image like Raspberry Pi OS $suite (minutes; log in $folder/raspios.log)"
    rm -f -- "$folder/raspios.recipe" "$folder/raspios.img"
    remove_tree "$part"
    cp -a --reflink=auto -- "$folder/tree" "$part"
    add_packages
    furnish
    assemble
    remove_tree "$part"
    recipe >"$folder/raspios.recipe"
    say "built the image in $((SECONDS - started)) s: $(du -h "$folder/raspios.img" | cut -f1) on disk"
    exit 0
}

stop_with_child
main
