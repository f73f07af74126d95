#!/usr/bin/env bash
# Runs the tour of README.md (the block marked "console tour") and compares: every command must end with 0, and every
# line that the README shows below a command must stand in that command's output, in the README's order. "..." on a
# line of its own is passed over, within a line it stands for any text; blanks count only as "one or more".
#   readme_tour.sh SOURCE_DIR CXLEMU_BINARY AF_MCTP_CHECK_BINARY
set -uo pipefail
[[ $# -eq 3 ]] || { echo "usage: readme_tour.sh SOURCE_DIR CXLEMU_BINARY AF_MCTP_CHECK_BINARY" >&2; exit 2; }
tour_source=$(realpath "$1")
tour_cxlemu=$(realpath "$2")
tour_check=$(realpath "$3")
tour_space=$(mktemp -d)
mkdir "$tour_space/bin" "$tour_space/run"
ln -s "$tour_cxlemu" "$tour_space/bin/cxlemu"
export PATH="$tour_space/bin:$PATH" CXLEMU_RUNTIME_DIR="$tour_space/run"
unset CXLEMU_LAB
cd "$tour_source" || exit 1

tour_end() {
  # Only what this shell started.
  local job
  for job in $(jobs -p); do kill "$job" 2>/dev/null; done
  wait
  rm -rf "$tour_space"
}
trap tour_end EXIT

tour_fail() {
  printf 'README.md, line %s: %s\n' "$1" "$2"
  [[ -z "${3:-}" ]] || { echo "--- the output was:"; cat "$3"; }
  exit 1
}

# Is $1 the text $2, in which "..." stands for any text?
tour_matches() {
  local text=$1 wanted=$2
  [[ "$text" == "${wanted%%...*}"* ]] || return 1
  while [[ "$wanted" == *...* ]]; do
    text=${text#"${wanted%%...*}"}
    wanted=${wanted#*...}
    [[ "$text" == *"${wanted%%...*}"* ]] || return 1
    # Up to what follows the dots; at the end of the line they take everything.
    if [[ "$wanted" == *...* ]]; then
      text="${wanted%%...*}${text#*"${wanted%%...*}"}"
    else
      [[ "$text" == *"$wanted" ]] && return 0 || return 1
    fi
  done
  [[ "$text" == "$wanted" ]]
}

# A line with one blank between words and none around them.
tour_words() {
  local words
  read -ra words <<<"$1"
  printf '%s' "${words[*]}"
}

# The number of the first line of the file $2, from line $3 on, that reads $1; nothing where none does.
tour_find() {
  local wanted number=0 line
  wanted=$(tour_words "$1")
  while IFS= read -r line || [[ -n "$line" ]]; do
    number=$((number + 1))
    [[ $number -ge $3 ]] && tour_matches "$(tour_words "$line")" "$wanted" && { echo "$number"; return; }
  done <"$2"
}

tour_lines=()
mapfile -t tour_lines < <(
  awk '/^```console tour$/ { on = 1; next } /^```/ { on = 0 } on { print NR "\t" $0 }' README.md)
[[ ${#tour_lines[@]} -gt 0 ]] || { echo "README.md has no block \"console tour\""; exit 1; }

tour_commands=0
tour_output=""
tour_at=1
for tour_line in "${tour_lines[@]}"; do
  tour_number=${tour_line%%$'\t'*}
  tour_text=${tour_line#*$'\t'}
  if [[ "$tour_text" == '$ '* ]]; then
    tour_commands=$((tour_commands + 1))
    tour_output="$tour_space/$tour_commands"
    tour_at=1
    tour_command=${tour_text#'$ '}
    tour_command=${tour_command//'build/dev/tests/af_mctp/af_mctp_check'/"'$tour_check'"}
    # In this shell, so that variables and jobs go on from one line to the next.
    eval "$tour_command" >"$tour_output" 2>&1 </dev/null
    tour_status=$?
    [[ $tour_status -eq 0 ]] || tour_fail "$tour_number" "exit status $tour_status: $tour_command" "$tour_output"
    if [[ "$tour_command" == 'cxlemu run '*'&' ]]; then
      # Who types this sees the lab come up before going on.
      for _ in $(seq 300); do
        cxlemu list >/dev/null 2>&1 && break
        sleep 0.1
      done
      cxlemu list >/dev/null 2>&1 || tour_fail "$tour_number" "the lab does not come up: $tour_command" "$tour_output"
    fi
    continue
  fi
  [[ -n "$tour_output" ]] || tour_fail "$tour_number" "output before the first command"
  [[ "$tour_text" != '...' && -n "$tour_text" ]] || continue
  tour_found=$(tour_find "$tour_text" "$tour_output" "$tour_at")
  [[ -n "$tour_found" ]] || tour_fail "$tour_number" "not in the output of \"$tour_command\": $tour_text" "$tour_output"
  tour_at=$((tour_found + 1))
done

[[ $tour_commands -gt 10 ]] || { echo "the tour has only $tour_commands commands: the pattern is wrong"; exit 1; }
echo "$tour_commands commands"
