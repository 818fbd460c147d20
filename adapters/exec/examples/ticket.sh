#!/bin/sh
# Makes a ticket of every offer, for baton-exec with mode = "each".
#
#   ticket.sh FOLDER   FOLDER/SEQUENCE.json appears, whole, for each offer that this department gets
#
# The same delivery may come twice (a power cut before its verdict was heard): it makes the same file again. A folder that
# cannot be written is no reason to lose an offer: 75 asks for it again.
set -u
case $BATON_KIND in HandoffOffered | HandoffDirected) ;; *) exit 0 ;; esac
cat >"$1/.$BATON_SEQUENCE" && mv "$1/.$BATON_SEQUENCE" "$1/$BATON_SEQUENCE.json" || exit 75
echo "ticket for $BATON_REF" >&2
