#!/bin/sh
# From a fresh Debian 12 to a running broker with a case in it, in one command.
#
#   sh conf/quickstart.sh         install, build, make keys, start, play the story of a customer who moves house, show it
#   sh conf/quickstart.sh stop    stop what it started
#   sh conf/quickstart.sh --help  these lines
#
# Everything lies in build/ of this tree; nothing is installed but Debian packages. Running it again starts afresh.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
build=$top/build
demo=$build/quickstart

packages="gcc cmake ninja-build pkg-config libc6-dev libzmq3-dev liblmdb-dev libprotobuf-c-dev protobuf-c-compiler
protobuf-compiler libconfig-dev libglib2.0-dev libjansson-dev libsodium-dev libxxhash-dev uthash-dev tzdata python3"

bold='' plain=''
[ -t 1 ] && bold=$(printf '\033[1m') && plain=$(printf '\033[0m')
say() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

install_packages() {
  missing=
  for p in $packages; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $p"
  done
  [ -n "$missing" ] || return 0
  say "Installing$missing"
  sudo=
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q >/dev/null
  # shellcheck disable=SC2086  # a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
}

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$top/conf/quickstart.sh"
}

# Ends what an earlier run left running, by process id, and waits for it.
stop_all() {
  for file in "$demo"/*.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    rm -f "$file"
    case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true) in *"$demo/"*) ;; *) continue ;; esac
    kill "$pid" 2>/dev/null || true
    n=0
    while [ -d "/proc/$pid" ] && [ $n -lt 100 ]; do
      sleep 0.1
      n=$((n + 1))
    done
  done
}

start() { # name program config
  setsid "$2" --config "$3" >"$demo/$1.log" 2>&1 </dev/null &
  echo $! >"$demo/$1.pid"
}

# One adapter's configuration: a program under baton-exec.
desk() { # name command more
  cat >"$demo/$1.conf" <<CONF
endpoint = "tcp://127.0.0.1:$port";
secret_key_file = "keys/$1.secret";
broker_key_file = "keys/broker.pub";
command = "$2";
$3
CONF
}

wait_ready() {
  n=0
  until "$build/broker/batonctl" --control "$demo/run" status >/dev/null 2>&1; do
    n=$((n + 1))
    if [ $n -gt 100 ] || ! [ -d "/proc/$(cat "$demo/broker.pid")" ]; then
      echo "the broker did not start:" >&2
      cat "$demo/broker.log" >&2
      exit 1
    fi
    sleep 0.1
  done
}

case $#:${1-} in
  0:) ;;
  1:stop)
    stop_all
    echo "stopped"
    exit 0
    ;;
  1:--help | 1:-h)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

install_packages
say "Building"
{
  cmake -S "$top" -B "$build" -G Ninja && cmake --build "$build" &&
    cmake -S "$top" -B "$build/story" -G Ninja -DBATON_TEST_CLOCK=ON && cmake --build "$build/story" --target batond
} >"$build.log" 2>&1 || {
  tail -n 40 "$build.log"
  exit 1
}
rm -f "$build.log"

stop_all
rm -rf "$demo"
mkdir -p "$demo/keys"
chmod 700 "$demo"
ctl="$build/broker/batonctl"

say "Making keys and a configuration"
for name in broker web-shop customer-care customer-care-lead sales moves moves-manager billing; do
  "$ctl" keygen "$name" "$demo/keys" >/dev/null
done
port=$(python3 - <<'PY'
import socket
for port in range(5570, 5670):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
PY
)
cp conf/departments.conf "$demo/"
sed "s|tcp://127.0.0.1:5570|tcp://127.0.0.1:$port|" conf/broker.conf >"$demo/broker.conf"
"$build/broker/batond" --check "$demo/broker.conf"

# The clerks: one desk for each department, told by the story what to do.
for name in customer-care sales moves moves-manager billing; do
  mkdir "$demo/$name"
  mkfifo "$demo/$name/orders"
  desk $name "/usr/bin/python3 $top/conf/quickstart/clerk.py $demo/$name" ""
done

say "Starting the broker on 127.0.0.1:$port, and the adapters of five departments"
start broker "$build/story/broker/batond" "$demo/broker.conf"
wait_ready
for name in customer-care sales moves moves-manager billing; do
  start $name "$build/adapters/baton-exec" "$demo/$name.conf"
done
story="/usr/bin/python3 $top/conf/quickstart/story.py"
$story begin "$demo" "$ctl"

say "The web shop's order form fails, twice: its adapter reports what it finds in the shop's log"
now=$(cat "$demo/now")
cat >"$demo/shop.log" <<LOG
7f3a90 $((now - 960)) order - robin@example.org
7f3a91 $((now - 900)) order E1042 pat@example.org
7f3a95 $((now - 840)) order E1042 pat@example.org
LOG
desk web-shop "/usr/bin/env TOPIC=move.internet /bin/sh $top/adapters/exec/examples/attempts.sh shop.log once" \
  "directory = \"$demo\"; listens = false; restart = false;"
"$build/adapters/baton-exec" --config "$demo/web-shop.conf" 2>"$demo/web-shop.log" || { cat "$demo/web-shop.log"; exit 1; }
$story play "$demo" "$ctl"
ref=$(cat "$demo/ref")

say "Who held the case, how long it waited, what was promised, where it bounced"
"$ctl" --control "$demo/run" history "$ref"
"$ctl" --control "$demo/run" journey "$ref"

cat <<END

The broker and the adapters still run. Look around:

  build/broker/batonctl --control build/quickstart/run show case $ref
  build/broker/batonctl --control build/quickstart/run journey $ref --anonymous
  build/broker/batonctl --control build/quickstart/run scorecard
  build/broker/batonctl --control build/quickstart/run status
  build/broker/batonctl --control build/quickstart/run help

This broker's clock was moved by command so that two days took seconds; the one in build/broker cannot do that.
Stop everything:   sh conf/quickstart.sh stop
Go on:             README.md, then conf/departments.conf, then adapters/exec/examples/
END
