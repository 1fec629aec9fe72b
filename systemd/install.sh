#!/bin/sh
# Installs Affectbox on a 64-bit Raspberry Pi OS or Debian, bookworm or trixie. See docs/pi.md; `./install.sh --help`.
#
# Every step may be cut off and done again: what runs is switched last, by one rename (device/update/).
set -eu

USAGE="Use: sudo ./install.sh [FILE] [options]

FILE                a release, affectbox-VERSION-SUITE.tar; else the one beside this script; else this checkout is built
--enrol FILE        enrol this box with a file of \`affectbox-cloud provision\`
--camera SOURCE     what the box watches: picamera2:0, usb:NAME, /dev/video0 (else the one camera that there is)
--key FILE.pub      also trust releases that are signed with this key
--offline           use no network: what is missing is told
--uninstall         remove all but the data, and say where that is

Exit codes: 0 done; 2 wrong usage; 30 not root; 31 this system cannot be a box; 32 too little memory or room; 33 packages
are missing; 34 no release, or it is not to be trusted; 35 the box could not be enrolled; 36 it does not start, or is
not taken over: older than what runs, or a session is open; 39 a step failed for another reason, which stands above."

#: The project's public key: device/keys/release.pub.
PROJECT_KEY="LuoU64NrkF/aS2vbpmipaAPr1O21xQQTQzzAnsKAROQ="
HOME_FOLDER=/opt/affectbox
DATA=/var/lib/affectbox
CONFIG=/etc/affectbox/config.toml
KEYS=/etc/affectbox/keys
LEAST_MEMORY_MB=350     # of a Pi Zero 2 W with 512 MB, some is the graphics processor's
LEAST_ROOM_MB=600
KERNEL_LINE=/boot/firmware/cmdline.txt   # on a Raspberry Pi: what its kernel is told, in one line
MEMORY=cgroup_enable=memory
REQUIRED="python3 openssl xz-utils ca-certificates udev libstdc++6 dbus"
TO_BUILD="python3-pip git"
WHERE_THERE_ARE="python3-picamera2 python3-gpiozero python3-lgpio"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
umask 022  # what is installed is read by the user affectbox, whatever the person who installs is used to
here=$(dirname "$(readlink -f "$0")")
file= enrol= camera= key= offline= uninstall= step=0 work= part=

say() { echo "    $*"; }
warn() { echo "  ! $*"; }
begin() { step=$((step + 1)); echo "[$step/7] $*"; }
fail() { code=$1; shift; echo "install.sh: $*" >&2; exit "$code"; }
there_is() { command -v "$1" >/dev/null 2>&1; }
has_package() { [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }
value() { sed -n "s/^$1=//p" /etc/os-release | tr -d '"'; }

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --enrol|--camera|--key)
                [ $# -gt 1 ] || fail 2 "$1 needs a value; --help shows the usage."
                case $1 in --enrol) enrol=$2 ;; --camera) camera=$2 ;; --key) key=$2 ;; esac
                shift ;;
            --offline) offline=yes ;;
            --uninstall) uninstall=yes ;;
            -h|--help) echo "$USAGE"; exit 0 ;;
            -*) fail 2 "There is no option $1; --help shows the usage." ;;
            *) [ -z "$file" ] || fail 2 "Name one file; --help shows the usage."; file=$1 ;;
        esac
        shift
    done
    for given in "$file" "$enrol" "$key"; do
        [ -z "$given" ] || [ -f "$given" ] || fail 2 "There is no file $given: check the path."
    done
    [ -z "$file" ] || file=$(readlink -f "$file")
    [ -z "$enrol" ] || enrol=$(readlink -f "$enrol")
    [ -z "$key" ] || key=$(readlink -f "$key")
    case $camera in *[\"\\]*) fail 2 "A camera's name holds no quotes." ;; esac
}

check_system() {
    begin "Looking at this machine"
    [ "$(id -u)" = 0 ] || fail 30 "Only root may install: put sudo before it."
    [ -r /etc/os-release ] && there_is dpkg || fail 31 "This is no Debian: the box runs on Raspberry Pi OS or Debian, bookworm or trixie."
    suite=$(value VERSION_CODENAME)
    case $suite in
        bookworm|trixie) ;;
        *) fail 31 "This is $(value PRETTY_NAME): write Raspberry Pi OS (64-bit), bookworm or trixie, to the card." ;;
    esac
    architecture=$(dpkg --print-architecture)
    case $architecture in
        arm64) ;;
        amd64) warn "This is a PC, not a Raspberry Pi: good for trying the box out." ;;
        *) fail 31 "This system is for $architecture: write Raspberry Pi OS (64-bit) to the card, the 32-bit one cannot run the box." ;;
    esac
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    [ "$memory" -ge $LEAST_MEMORY_MB ] || fail 32 "This machine has $memory MB of memory and the box needs $LEAST_MEMORY_MB: take a Pi with 512 MB or more."
    mkdir -p $HOME_FOLDER/releases
    room=$(df -Pm $HOME_FOLDER | awk 'NR == 2 { print $4 }')
    [ "$room" -ge $LEAST_ROOM_MB ] || fail 32 "The card has $room MB left and the box needs $LEAST_ROOM_MB: make room, or take a larger card."
    say "$(value PRETTY_NAME), $architecture, $memory MB of memory, $room MB of room"
    check_board
}

check_board() {
    board=$(tr -d '\0' 2>/dev/null </proc/device-tree/model || true)
    case $board in
        *"Raspberry Pi 3 Model B Plus"*|*"Raspberry Pi 4"*|*"Raspberry Pi 5"*|*"Raspberry Pi Zero 2"*) say "$board" ;;
        "") [ "$architecture" != arm64 ] || warn "This machine does not say what it is: the box is made for a Raspberry Pi." ;;
        *) warn "$board: the box is made for a Raspberry Pi 3B+, 4, 5 or Zero 2 W; it may be too slow here." ;;
    esac
}

# The firmware of a Raspberry Pi tells the kernel `cgroup_disable=memory`, and then MemoryMax= of the units does nothing.
limit_memory() {
    [ -f $KERNEL_LINE ] || return 0
    case " $(head -n 1 $KERNEL_LINE | tr -s '[:space:]' ' ') " in *" $MEMORY "*) return 0 ;; esac
    before=$KERNEL_LINE.before-affectbox
    if { [ -f $before ] || { cp $KERNEL_LINE $before.new && put_in_place $before; }; } &&
        sed "1s/[[:space:]]*\$/ $MEMORY/" $KERNEL_LINE >$KERNEL_LINE.new && put_in_place $KERNEL_LINE
    then say "$KERNEL_LINE says $MEMORY: after the next restart the box's memory is limited (as it was: $before)"
    else
        rm -f $KERNEL_LINE.new $before.new
        warn "$KERNEL_LINE could not be written: add $MEMORY to its line, or nothing limits the box's memory."
    fi
}

lift_memory() {
    [ -f $KERNEL_LINE.before-affectbox ] || return 0    # it is not we who wrote it
    if sed "1s/[[:space:]]$MEMORY\([[:space:]]\|\$\)/\1/" $KERNEL_LINE >$KERNEL_LINE.new && put_in_place $KERNEL_LINE
    then rm -f $KERNEL_LINE.before-affectbox
    else
        rm -f $KERNEL_LINE.new
        warn "$KERNEL_LINE could not be written: $MEMORY stays in its line."
    fi
}

# FILE.new becomes FILE, or nothing changes, whenever the power is cut.
put_in_place() { [ -s "$1.new" ] && sync "$1.new" && mv "$1.new" "$1" && sync -f "$1"; }

find_file() {
    [ -z "$file" ] && [ ! -f "$here/../requirements/device.txt" ] || return 0
    ending=$suite.tar
    [ "$architecture" = arm64 ] || ending=$suite-$architecture.tar
    # shellcheck disable=SC2012  # names without surprises: ours
    file=$(ls -t "$here"/affectbox-*-"$ending" 2>/dev/null | head -n 1)
    [ -n "$file" ] || fail 34 "There is no affectbox-VERSION-$ending beside this script: copy it there, or name it."
}

install_packages() {
    begin "Packages of the system"
    missing=
    wanted=$REQUIRED
    [ -n "$file" ] || wanted="$wanted $TO_BUILD"
    for package in $wanted; do has_package "$package" || missing="$missing $package"; done
    if [ -n "$offline" ]; then
        [ -z "$missing" ] || fail 33 "Without a network these packages must be there already:$missing. Install them with \`apt install$missing\` before, or leave --offline out."
        for package in $WHERE_THERE_ARE; do has_package "$package" || warn "$package is not there: $(what_for "$package")"; done
        return
    fi
    for package in $WHERE_THERE_ARE; do has_package "$package" || missing="$missing $package"; done
    if [ -z "$missing" ]; then say "all there"; return; fi
    apt-get update -qq || fail 33 "The archive of packages cannot be reached: connect the network, or install$missing and use --offline."
    available=
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then available="$available $package"
        else warn "$package is not in this system's archive: $(what_for "$package")"; fi
    done
    if [ -z "$available" ]; then say "all that are to be had are there"; return; fi
    say "installing$available"
    # shellcheck disable=SC2086  # a list
    apt-get install -y -qq --no-install-recommends $available >/dev/null || fail 33 "These packages could not be installed:$available. What stands above says why."
}

what_for() {
    case $1 in
        python3-picamera2) echo "no camera of a Raspberry Pi can be used, only USB cameras" ;;
        *) echo "no lamp and no button can be used" ;;
    esac
}

get_release() {
    begin "The release"
    if [ -n "$file" ]; then unpack_release; else build_release; fi
    for folder in $HOME_FOLDER $KEYS; do [ ! -d "$folder" ] || chmod -R u=rwX,go=rX "$folder"; done
}

# Prints version, suite, architecture, SHA-256 and size of files.tar.xz and where it begins; leaves in $2 what openssl
# needs. Only plain headers are read.
READ_RELEASE='
import base64, glob, hashlib, json, os, sys
path, work, project, *more = sys.argv[1:]
def block(file, name, most):
    header = file.read(512)
    size = int(header[124:135] or b"x", 8)
    assert header[:100].rstrip(b"\0") == name.encode() and header[156:157] in b"0\0" and size <= most
    return size
try:
    with open(path, "rb") as file:
        manifest = file.read(block(file, "release.json", 1 << 22)); file.seek(-file.tell() % 512, 1)
        signature = json.loads(file.read(block(file, "release.sig", 4096))); file.seek(-file.tell() % 512, 1)
        size, start = block(file, "files.tar.xz", 1 << 31), file.tell()
    release = json.loads(manifest)
    words = [release["version"], release["suite"], release["architecture"], release["packed"]["sha256"]]
    assert release["format"] == 1 and size == release["packed"]["size"] and all(set(w) <= set("0123456789abcdefghijklmnopqrstuvwxyz.+") for w in words)
    raw = base64.b64decode(signature["signature"], validate=True)
except Exception:
    sys.exit("it is no release of Affectbox, or is damaged")
keys = [project]
for name in more:
    keys += [line.strip() for line in open(name) if line.strip() and not line.startswith("#")]
for key in map(base64.b64decode, keys):
    if hashlib.sha256(key).hexdigest()[:16] == signature["key"]:
        break
else:
    sys.exit("it is signed with the key %.16s, which this box does not trust: if you do, add --key FILE.pub" % signature["key"])
for name, data in (("release.json", manifest), ("signature", raw), ("key.der", bytes.fromhex("302a300506032b6570032100") + key)):
    with open(os.path.join(work, name), "wb") as out:
        out.write(data)
print(*words, size, start)
'

unpack_release() {
    say "checking $(basename "$file")"
    work=$(mktemp -d)
    set -- $KEYS/*.pub
    [ -f "$1" ] || set --
    told=$(python3 -I -c "$READ_RELEASE" "$file" "$work" "$PROJECT_KEY" "$@" ${key:+"$key"} 2>&1) || fail 34 "$(basename "$file") is refused: $told."
    # shellcheck disable=SC2086  # six words without surprises
    set -- $told
    version=$1 for_suite=$2 for_architecture=$3 hash=$4 size=$5 start=$6
    openssl pkeyutl -verify -pubin -inkey "$work/key.der" -keyform DER -rawin -in "$work/release.json" -sigfile "$work/signature" >/dev/null 2>&1 ||
        fail 34 "$(basename "$file") is refused: its signature is wrong, so it was altered; copy it again."
    [ "$for_suite" = "$suite" ] || fail 34 "$(basename "$file") is for $for_suite, and this system is $suite: take the file for $suite."
    [ "$for_architecture" = "$architecture" ] || fail 34 "$(basename "$file") is for $for_architecture, and this system is $architecture: take the other file."
    check_age
    part=$HOME_FOLDER/releases/.$version.part
    rm -rf "$part"
    mkdir -p "$part"
    # what is checked is what is unpacked: a stick may show something else the second time
    packed >"$part/files.tar.xz" || fail 32 "$(basename "$file") could not be copied: make room on the card, or copy the file again."
    found=$(sha256sum "$part/files.tar.xz" | cut -d ' ' -f 1)
    [ "$found" = "$hash" ] || fail 34 "$(basename "$file") is damaged, or cannot be read to its end: copy it again."
    say "unpacking release $version"
    tar -xJ --no-same-owner -C "$part" -f "$part/files.tar.xz" || fail 32 "$(basename "$file") could not be unpacked: make room on the card."
    rm "$part/files.tar.xz"
    cp "$work/release.json" "$part/"
    if [ -n "$key" ]; then mkdir -p $KEYS; cp "$key" "$KEYS/$(basename "$key" .pub).pub"; fi
}

# Prints the older of two versions, as `device.contract.release.age` orders them.
OLDER='
import re, sys
def age(version):
    numbers, _, after = version.partition("+")[0].partition(".dev")
    return [int(number) for number in re.sub(r"(\.0)+$", "", numbers).split(".")], int(after) if after else float("inf")
print(min(sys.argv[1:], key=age))
'

check_age() {
    runs=$(basename "$(readlink $HOME_FOLDER/proven || true)")
    if [ -z "$runs" ] || [ "$runs" = "$version" ]; then return; fi
    [ "$(python3 -I -c "$OLDER" "$runs" "$version")" = "$runs" ] ||
        fail 34 "Release $version is older than $runs, which runs: to go back, use \`sudo affectbox update FILE --force\`."
}

packed() { tail -c +$((start + 1)) "$file" | head -c "$size"; }

build_release() {
    checkout=$(readlink -f "$here/..")
    [ -z "$offline" ] || fail 34 "A checkout needs the network: without one, install from the file of a release."
    part=$HOME_FOLDER/releases/.checkout.part
    rm -rf "$part"
    mkdir -p "$part"
    say "fetching Python packages, each checked by its hash (70 MB)"
    pip() { PYTHONPATH= python3 -m pip --quiet --disable-pip-version-check --no-cache-dir "$@"; }
    pip install --target "$part/site" --no-compile --only-binary=:all: --require-hashes --root-user-action ignore \
        -r "$checkout/requirements/device.txt" || fail 33 "The Python packages could not be had: what stands above says why."
    say "building $checkout, and fetching the models"
    # what this writes into the checkout would be root's
    GIT_OPTIONAL_LOCKS=0 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$checkout" PIP_ROOT_USER_ACTION=ignore \
        PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$checkout:$part/site" \
        python3 -P -m converter release --suite "$suite" --arch "$architecture" --unpacked "$part" --cache /var/cache/affectbox || true
    [ -f "$part/release.json" ] || fail 34 "This checkout could not be built: what stands above says why."
    version=$(python3 -I -c 'import json, sys; print(json.load(open(sys.argv[1]))["version"])' "$part/release.json")
    check_age
    say "release $version"
}

make_user() {
    begin "User, folders, configuration"
    systemd-sysusers "$part/systemd/sysusers.d/affectbox.conf" || fail 39 "The user affectbox could not be made."
    if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        usermod -aG affectbox "$SUDO_USER"
        say "$SUDO_USER may command the box (from the next login on)"
    fi
    install -d -m 0700 -o affectbox -g affectbox $DATA
    chown -R affectbox:affectbox $DATA
    mkdir -p /etc/affectbox
    if [ -f $CONFIG ]; then
        say "$CONFIG stays as it is"
        [ -z "$camera" ] || warn "$CONFIG should say: run.source = \"$camera\""
    else
        write_config
    fi
}

find_camera() {
    if [ -n "$camera" ]; then say "camera: $camera"; return; fi
    for found in /dev/v4l/by-id/*-video-index0 /sys/bus/i2c/drivers/imx*/*-00* /sys/bus/i2c/drivers/ov*/*-00*; do
        if [ -e "$found" ]; then say "camera: $(basename "$found")"; return; fi
    done
    warn "No camera was found: connect one before the first session; the box takes the one that is there then."
}

write_config() {
    find_camera
    new=$CONFIG.new
    printf '# What differs from the defaults; `affectbox check-config` explains every setting.\n\n[run]\nsource = "%s"\n' "${camera:-auto}" >$new
    mv $new $CONFIG
    say "$CONFIG is written"
}

enrol_box() {
    begin "Enrolment"
    if [ -z "$enrol" ]; then
        say "none asked for"
        python3 -I -c "$HAS_SINKS" $CONFIG 2>/dev/null || warn "No database is configured: until this box is enrolled (--enrol FILE), nothing of a session is kept."
        return
    fi
    if [ -n "$offline" ]; then warn "Enrolling needs the network: run \`sudo ./install.sh --enrol FILE\` again once there is one."; return; fi
    install -m 0600 -o affectbox -g affectbox "$enrol" $DATA/enrolment.json
    setpriv --reuid=affectbox --regid=affectbox --init-groups env -i STATE_DIRECTORY=$DATA PATH="$PATH" \
        "$part/bin/affectbox" enrol $DATA/enrolment.json || { rm -f $DATA/enrolment.json; fail 35 "The box is not enrolled; what stands above says why."; }
    rm -f "$enrol"
    python3 -I -c "$ENROLLED" $DATA/identity.json $CONFIG || fail 35 "The box is enrolled, and $CONFIG does not name its database: write it there, as said above."
}

HAS_SINKS='
import sys, tomllib
sys.exit(not tomllib.load(open(sys.argv[1], "rb")).get("run", {}).get("sinks"))
'

# Puts the box's name and its database into the configuration, beside whatever stands there.
ENROLLED='
import json, os, re, sys, tomllib
identity, config = json.load(open(sys.argv[1])), sys.argv[2]
text, wanted = open(config).read(), {"run": ("sinks", ["rtdb:" + identity["database"]]), "device": ("id", identity["device"])}
said = ", ".join("%s.%s = %s" % (section, key, json.dumps(value)) for section, (key, value) in wanted.items())
try:
    there = tomllib.loads(text)
    for section, (key, value) in wanted.items():
        if there.get(section, {}).get(key) == value:
            continue
        line, header = "%s = %s" % (key, json.dumps(value)), re.compile(r"^\[%s\][ \t]*(#.*)?$" % section, re.M)
        if there.get(section, {}).get(key):
            print("  ! %s says something else than the enrolment, which is: %s.%s" % (config, section, line))
        elif header.search(text):
            text = re.sub(r"^%s[ \t]*=.*\n" % key, "", text, flags=re.M) if key in there[section] else text
            text = header.sub(lambda found: found[0] + "\n" + line, text, count=1)
        else:
            text += "\n[%s]\n%s\n" % (section, line)
    tomllib.loads(text)
    with open(config + ".new", "w") as new:
        new.write(text)
        os.fsync(new.fileno())
    os.replace(config + ".new", config)
except (OSError, ValueError) as error:
    sys.exit("%s: %s; it should say: %s" % (config, error, said))
print("    %s names the database" % config)
'

adopt() {
    begin "Starting the box"
    "$part/bin/affectbox-update" adopt "$part" || fail 36 "Release $version was not taken over; what stands above says why."
}

look_after() {
    begin "Looking at what runs"
    if [ ! -d /run/systemd/system ]; then say "this is no running system: the box starts with it"; return; fi
    systemctl is-active --quiet affectbox-host.service || fail 36 "The host process does not run: \`journalctl -u affectbox-host\` says why."
    # what else would wait for the next boot
    systemctl try-restart systemd-journald.service systemd-sysctl.service 2>/dev/null || true
    udevadm trigger --subsystem-match=dma_heap --subsystem-match=gpio 2>/dev/null || true
    echo "The box runs. Its page: http://127.0.0.1:8080. Look at it with \`affectbox doctor\`; $HOME_FOLDER/current/docs/pi.md tells the rest."
}

remove_all() {
    [ "$(id -u)" = 0 ] || fail 30 "Only root may uninstall: put sudo before it."
    echo "Removing Affectbox"
    if [ -d /run/systemd/system ]; then
        systemctl stop 'affectbox-*.path' 'affectbox-*.socket' 'affectbox-*.timer' 'affectbox-*.service' 2>/dev/null || true
    fi
    for link in proven current; do
        if [ -x $HOME_FOLDER/$link/bin/affectbox-update ]; then $HOME_FOLDER/$link/bin/affectbox-update remove; break; fi
    done
    rm -rf $HOME_FOLDER /var/lib/affectbox-update /run/affectbox-update /run/affectbox /var/cache/affectbox
    lift_memory
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl reset-failed 'affectbox-*' 2>/dev/null || true
        udevadm control --reload 2>/dev/null || true
    fi
    if id affectbox >/dev/null 2>&1; then
        [ ! -d $DATA ] || chown -R root:root $DATA
        userdel affectbox 2>/dev/null || true
        groupdel affectbox 2>/dev/null || true
    fi
    [ ! -d $DATA ] || say "The data stay in $DATA, root's alone: records that were not sent, consents, who the box is."
    [ ! -d /etc/affectbox ] || say "The configuration stays in /etc/affectbox."
    say "To remove these too: rm -rf $DATA /etc/affectbox /etc/credstore/affectbox-*"
    say "Packages of the system stay."
}

clean_up() {
    code=$?
    [ -z "$work" ] || rm -rf "$work"
    [ -z "$part" ] || rm -rf "$part"
    exit $code
}

read_arguments "$@"
cd /
if [ -n "$uninstall" ]; then remove_all; exit 0; fi
trap clean_up EXIT
trap 'exit 130' INT TERM
check_system
find_file
install_packages
get_release
make_user
limit_memory
enrol_box
adopt
look_after
