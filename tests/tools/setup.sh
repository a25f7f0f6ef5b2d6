#!/bin/sh
# Tests of tools/setup with stand-ins for Debian's tools: what it installs, and what it says when
# it cannot.
set -eu
root=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
bin=$place/bin
mkdir "$bin"
for tool in sh awk wc cat dirname env; do
    ln -s "$(command -v $tool)" "$bin/$tool"
done

stub() { # NAME; the script is on standard input
    rm -f "$bin/$1"
    { echo '#!/bin/sh' && cat; } >"$bin/$1"
    chmod +x "$bin/$1"
}
stub dpkg-query <<'E2'
for package; do :; done
case " $FAKE_MISSING " in *" $package "*) exit 1 ;; esac
printf installed
E2
stub apt-get <<'E2'
echo "$*" >>"$FAKE_LOG"
case " $* " in *" $FAKE_BROKEN "*) exit 100 ;; esac
E2
stub id <<'E2'
echo "$FAKE_USER"
E2

count=0
# setup WHAT STATUS USER MISSING BROKEN GROUP: runs it; $place/out and $place/log are what it did.
setup() {
    count=$((count + 1))
    what=$1
    wanted=$2
    : >"$place/log"
    status=0
    PATH=$bin FAKE_LOG=$place/log FAKE_USER=$3 FAKE_MISSING=$4 FAKE_BROKEN=$5 \
        "$root/tools/setup" "$6" >"$place/out" 2>&1 </dev/null || status=$?
}
# verdict FILE TEXT...: passes when the status is right and each text is in the file.
verdict() {
    file=$place/$1
    shift
    good=yes
    [ "$status" -eq "$wanted" ] || good=
    for text in "$@"; do
        grep -qF -e "$text" "$file" || good=
    done
    if [ $good ]; then
        echo "ok $count - $what"
    else
        echo "not ok $count - $what"
        sed 's/^/# /' "$place/out" "$place/log"
    fi
}

echo "1..8"
setup "with all packages there, apt-get is not called" 0 0 "" "-" build
[ ! -s "$place/log" ] || status=9
verdict out "packages are present"
setup "what is missing is installed, and no more" 0 0 "gcc meson" "-" build
verdict log "install -y --no-install-recommends gcc meson"
setup "a group leaves out what it does not need" 0 0 "libcmocka-dev clang" "-" build
[ ! -s "$place/log" ] || status=9
verdict out "packages are present"
setup "a group includes the smaller ones" 0 0 "gcc libcmocka-dev clang" "-" ci
verdict log "install -y --no-install-recommends gcc libcmocka-dev clang"
setup "without a network the old lists may do" 0 0 "gcc" "update" build
verdict out "going on with the lists" "installed: gcc"
setup "a failure says the line to run" 1 0 "gcc" "install" build
verdict out "apt-get update && apt-get install -y --no-install-recommends gcc"
setup "who is not root and has no sudo is told the line to run" 1 1000 "gcc" "-" build
verdict out "only root can install" "apt-get update && apt-get install"
stub sudo <<'E2'
echo "sudo $*" >>"$FAKE_LOG"
[ "$1" != -n ] || shift
exec "$@"
E2
setup "sudo is used, does not wait for a password, and is announced" 0 1000 "gcc" "-" build
verdict log "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get"
