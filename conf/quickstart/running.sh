#!/bin/sh
# What the quickstart has started in a folder, by the process ids that it left there.
#
#   running.sh list FOLDER    the names of what runs
#   running.sh stop FOLDER    ends it, also where a part of it has crashed, and waits for it
set -eu
folder=$2
servers=$(cat "$folder/servers" 2>/dev/null || echo /nonexistent)

# A number may belong to another process by now: ours names the folder, or that of the servers, in its command line.
is_ours() {
  case $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true) in *"$folder/"* | *"$servers/"*) return 0 ;; *) return 1 ;; esac
}

# each COMMAND: calls it with name and process id of each that runs.
each() {
  for file in "$folder"/*.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file") name=$(basename "$file" .pid)
    if [ -n "$pid" ] && is_ours "$pid"; then "$1" "$name" "$pid"; fi
  done
}

name_of() {
  echo "$1"
}

end() {
  case $1 in
    postgres) kill -INT "$2" 2>/dev/null || true ;; # on SIGTERM it would wait for its clients
    *) kill "$2" 2>/dev/null || true ;;
  esac
}

wait_for() {
  n=0
  while is_ours "$2"; do
    n=$((n + 1))
    [ $n -ne 100 ] || kill -KILL "$2" 2>/dev/null || true
    [ $n -lt 150 ] || return 0
    sleep 0.1
  done
}

case $1 in
  list) each name_of ;;
  stop)
    each end
    each wait_for
    rm -f "$folder"/*.pid
    case $servers in */baton-quickstart.*) rm -rf "$servers" ;; esac
    ;;
esac
