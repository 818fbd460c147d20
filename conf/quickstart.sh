#!/bin/sh
# shellcheck disable=SC2046,SC2086  # lists of words
# From a fresh Debian 12 to a running broker with a case in it, in one command.
#
#   sh conf/quickstart.sh             install, build, make keys, start, play the story of a customer who moves house, show it
#   sh conf/quickstart.sh --minimal   the same without a web door, mail and database: every department is a program
#   sh conf/quickstart.sh stop        stop what it started
#   sh conf/quickstart.sh --help      these lines
#
# The web shop calls a webhook, customer care has a mailbox (Dovecot, exim), billing a database (PostgreSQL): servers of their
# own, on loopback, gone with stop. A department whose server cannot be had is a program under baton-exec, too.
# Everything lies in build/ of this tree, and what servers hold in a temporary folder, which stop removes; nothing is installed
# but Debian packages. Running it again after stop starts afresh.
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
build=$top/build
demo=$build/quickstart

packages="gcc cmake ninja-build pkg-config libc6-dev libzmq3-dev liblmdb-dev libprotobuf-c-dev protobuf-c-compiler
protobuf-compiler libconfig-dev libglib2.0-dev libjansson-dev libsodium-dev libxxhash-dev libzstd-dev libmicrohttpd-dev libncurses-dev uthash-dev libsystemd-dev tzdata python3"
http="libcurl4-openssl-dev"
mail="libcurl4-openssl-dev libgmime-3.0-dev libxml2-dev dovecot-imapd exim4-daemon-light"
postgres="libpq-dev postgresql-15"

bold='' plain=''
[ -t 1 ] && bold=$(printf '\033[1m') && plain=$(printf '\033[0m')
say() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

. "$top/conf/packages.sh"

usage() {
  sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$top/conf/quickstart.sh"
}

# list or stop what an earlier run left running
running() {
  [ ! -d "$demo" ] || sh "$top/conf/quickstart/running.sh" "$1" "$demo"
}

minimal=
case $#:${1-} in
  0:) ;;
  1:--minimal) minimal=yes ;;
  1:stop)
    running stop
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

names=$(running list | tr '\n' ' ')
if [ -n "$names" ]; then
  echo "It runs already: ${names% }." >&2
  echo "Look around as it said at its end, or stop it and start afresh: sh conf/quickstart.sh stop" >&2
  exit 1
fi

# Two at once would build into one folder.
exec 9<"$top/conf/quickstart.sh"
if ! flock -n 9; then
  echo "It is being started already, by another command." >&2
  exit 1
fi

set -- $(missing $packages)
if [ $# -gt 0 ]; then
  say "Installing $*"
  install_packages "$@"
fi
systems=
[ -n "$minimal" ] || for system in http mail postgres; do
  case $system in http) set -- $http ;; mail) set -- $mail ;; postgres) set -- $postgres ;; esac
  set -- $(missing "$@")
  if [ $# -gt 0 ]; then
    say "Installing for baton-$system: $*"
    if ! install_quietly "$@"; then
      echo "That cannot be installed here: no baton-$system this time."
      continue
    fi
  fi
  systems="$systems $system"
done

say "Building"
{
  cmake -S "$top" -B "$build" -G Ninja && cmake --build "$build" &&
    cmake -S "$top" -B "$build/story" -G Ninja -DBATON_TEST_CLOCK=ON && cmake --build "$build/story" --target batond
} >"$build.log" 2>&1 || {
  tail -n 40 "$build.log"
  exit 1
}
rm -f "$build.log"

running stop # what servers left in the temporary folder
rm -rf "$demo"
ctl="$build/broker/batonctl"
# Python would leave its own files in the tree.
export PYTHONDONTWRITEBYTECODE=1

say "Making keys and a configuration, starting a broker, the departments' systems and their adapters"
/usr/bin/python3 conf/quickstart/stage.py "$demo" "$build" $systems
/usr/bin/python3 conf/quickstart/story.py "$demo" "$ctl"
ref=$(cat "$demo/ref")

say "Who held the case, how long it waited, what was promised, where it bounced"
"$ctl" --control "$demo/run" history "$ref"
"$ctl" --control "$demo/run" journey "$ref"

cat <<END

The broker and the adapters still run. Look around:

  build/broker/batonctl --control build/quickstart/run show adapters
  build/broker/batonctl --control build/quickstart/run show case $ref
  build/broker/batonctl --control build/quickstart/run journey $ref --anonymous
  build/broker/batonctl --control build/quickstart/run scorecard
  build/broker/batonctl --control build/quickstart/run status    # five minutes on, one adapter is missing: the story needs no customer-care-lead
  build/broker/batonctl --control build/quickstart/run help
END
[ ! -f "$demo/keys/web-shop.hook" ] || cat <<END
  python3 conf/quickstart/shop.py build/quickstart 7f3a99 E1042 robin@example.org    # the form fails once more
END
cat <<END

This broker's clock was moved by command so that two days took seconds; the one in build/broker cannot do that.
Stop everything:   sh conf/quickstart.sh stop
Go on:             README.md, then conf/departments.conf, then adapters/README.md
END
