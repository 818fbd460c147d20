#!/bin/sh
# Reports the failed attempts of a web form from its log, for baton-exec with listens = false.
#
#   attempts.sh LOG        goes on as the log grows
#   attempts.sh LOG once   reads what is there and ends (with restart = false)
#
# A line of the log: request, seconds since 1970, form, error code, e-mail address; only lines with an error code count:
#   7f3a91 1772443445 order E1042 pat@example.org
# TOPIC names what the form is about (default: order).
# Starting again repeats nothing: the request's number is the source key, and the broker knows it.
set -u
case ${2-} in
  once) reader="cat" ;;
  *) reader="tail -n +1 -F" ;;
esac
$reader "$1" | while read -r request at form code mail rest; do
  case $code in E[0-9]*) ;; *) continue ;; esac
  # Nothing that would have to be escaped in JSON gets through.
  case $request$at$form$code$mail in
    *[!A-Za-z0-9@._+-]*) echo "line of request $request left out: strange characters" | tr -d '\\"' >&2; continue ;;
  esac
  printf '{"key":"%s","event":{"occurredAtUs":"%s000000","locator":{"topic":"%s","identifier":' "$request" "$at" "${TOPIC-order}"
  printf '{"domain":"email","value":"%s"}},"attemptFailed":{"route":"web-form.%s",' "$mail" "$form"
  printf '"channel":"WEB","errorCode":"%s"}}}\n' "$code"
done
