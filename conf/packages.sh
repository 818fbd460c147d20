# shellcheck shell=sh
# shellcheck disable=SC2046,SC2086  # lists of words
# Debian packages, installed where they are missing. For scripts that say `. conf/packages.sh`; asks for sudo unless root.

# missing PACKAGES: those of them that are not installed.
missing() {
  for p in "$@"; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed$' || printf ' %s' "$p"
  done
}

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
updated=
install_packages() { # PACKAGES...
  [ -n "$updated" ] || $sudo apt-get update -q >/dev/null
  updated=yes
  # A machine may have another mail server: nothing is removed for ours.
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove "$@" >/dev/null
}

# Debian starts a server when it is installed, and with the machine from then on. Nobody asked for that here: whoever needs one
# starts it. What was installed before is left as it is.
policy=/usr/sbin/policy-rc.d
held=
let_start() {
  [ -z "$held" ] || $sudo rm -f $policy
  held=
}
install_quietly() { # PACKAGES...
  if ! [ -e $policy ] && printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null; then
    held=yes
    trap let_start EXIT
    trap 'exit 130' INT TERM
    $sudo chmod 755 $policy
  fi
  rc=0
  install_packages "$@" || rc=1
  let_start
  [ $rc -eq 0 ] || return $rc
  for p in "$@"; do
    case $p in
      dovecot-imapd) $sudo systemctl disable -q dovecot ;;
      exim4-daemon-light) $sudo systemctl disable -q exim4 ;;
      postgresql-15) $sudo systemctl disable -q postgresql ;;
      prometheus) $sudo systemctl disable -q prometheus ;;
    esac >/dev/null 2>&1 || true # where there is no systemd, nothing starts
  done
}
