# bash completion for batonctl. What there is comes from `batonctl --commands` (words, arguments, socket, by tabs), names of
# adapters and departments from the broker, where one answers within a second.

# Names in the table of that heading, as the broker prints it.
_batonctl_names() {
  timeout 1 "${ctl[@]}" show "$1" 2>/dev/null | awk -v head="$2" '$1 == head { on = 1; next } /^$/ { on = 0 } on && /^[a-z0-9]/ { print $1 }'
}

# What may stand for ADAPTER, DEPARTMENT, a|b and so on.
_batonctl_values() {
  case $1 in
    ADAPTER) _batonctl_names adapters ADAPTER ;;
    DEPARTMENT*) _batonctl_names departments DEPARTMENT ;;
    *DIR* | *FILE* | BACKUP | CONFIG) compgen -f -- "${cur#*=}" ;;
    KIND) awk -F '\t' '$1 == "KIND" { gsub(/\|/, "\n", $2); print $2 }' <<<"$table" ;;
    [a-z]*) tr '|' '\n' <<<"$1" ;;
  esac
}

# What may stand at the place $2 behind a command with the arguments $1: words, options, values.
_batonctl_places() {
  local word at=0
  # shellcheck disable=SC2013
  for word in $(sed 's/ | /|/g; s/[][]//g; s/[A-Z]*\.\.\.//g' <<<"$1"); do
    case $word in
      *=*) echo "${word%%=*}=" ;;
      dry-run | once | anonymous | snapshot | with-key) echo "$word" ;;
      *)
        [[ $at -eq $2 ]] && _batonctl_values "$word"
        at=$((at + 1))
        ;;
    esac
  done
}

# What may stand for an option of the command: as its arguments say, else as the option's name does.
_batonctl_option() {
  local placeholder
  placeholder=$(sed 's/[][]//g; s/ /\n/g' <<<"$arguments" | sed -n "s/^$1=//p")
  _batonctl_values "${placeholder:-${1^^}}"
}

# The command that begins the words said so far: the longest; sets arguments and how many words stand behind it.
_batonctl_find() {
  local words rest n
  local -a own
  found=
  while IFS=$'\t' read -r words rest _; do
    read -ra own <<<"$words"
    n=${#own[@]}
    if [[ ${said[*]:0:n} == "$words" && ${#words} -gt ${#found} ]]; then
      found=$words arguments=$rest place=$((${#said[@]} - n))
    fi
  done <<<"$table"
}

# The next word of commands that begin with what was said.
_batonctl_next_words() {
  awk -F '\t' -v said="${said[*]}" '$3 != "value" && (said == "" || index($1, said " ") == 1) {
    split(said == "" ? $1 : substr($1, length(said) + 2), next_word, " "); print next_word[1] }' <<<"$table"
}

_batonctl() {
  local line=${COMP_LINE:0:COMP_POINT} table found arguments place cur i option='' candidates
  local -a words said=() ctl
  read -ra words <<<"$line" # bash cuts words at = and :, which are parts of ours
  [[ $line == *[[:space:]] ]] && words+=("")
  cur=${words[-1]}
  ctl=("${words[0]}")
  table=$("${words[0]}" --commands 2>/dev/null) || return
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    option=
    case ${words[i]} in
      --json | --yes | --help | --version | --commands | --anonymous | --dry-run | --once | --snapshot | --with-key | --repair | --*=* | -[jyhV]) ;;
      -c | --control) ctl+=(--control "${words[i + 1]}") option=control i=$((i + 1)) ;;
      --*) option=${words[i]#--} i=$((i + 1)) ;;
      *) said+=("${words[i]}") ;;
    esac
  done
  [[ $i -ge ${#words[@]} ]] || option= # its value stands there already
  _batonctl_find
  if [[ $option == control ]]; then
    candidates=$(compgen -d -- "$cur")
  elif [[ -n $option ]]; then
    candidates=$(_batonctl_option "$option")
  elif [[ $cur == -* ]]; then
    candidates=$(awk -F '\t' '$1 == "OPTIONS" { gsub(/\|/, "\n", $2); print $2 }' <<<"$table")
  elif [[ $cur == *=* ]]; then
    option=${cur%%=*}
    candidates=$(_batonctl_option "$option" | sed "s/^/$option=/")
  else
    candidates="$(_batonctl_next_words) ${found:+$(_batonctl_places "$arguments" "$place")}"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$cur" | sort -u)
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  if [[ $cur == *[=:]* && $COMP_WORDBREAKS == *[=:]* ]]; then
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*[=:]}"}"}; done
  fi
}

complete -F _batonctl batonctl
