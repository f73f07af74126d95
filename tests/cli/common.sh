# What the scripts of this folder share. Each is run as
#   NAME.sh SOURCE_DIR CXLEMU_BINARY AF_MCTP_CHECK_BINARY
# in a directory and with labs of its own. Nothing sleeps: a lab is up when it says so.
set -uo pipefail
[[ $# -eq 3 ]] || { echo "usage: $0 SOURCE_DIR CXLEMU_BINARY AF_MCTP_CHECK_BINARY" >&2; exit 2; }
source_dir=$(realpath "$1")
cxlemu_binary=$(realpath "$2")
check_binary=$(realpath "$3")
space=$(mktemp -d)
export CXLEMU_RUNTIME_DIR=$space/run
unset CXLEMU_LAB
cd "$space" || exit 1

started=()
finish() {
  local status=$? pid
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$space"
  exit "$status"
}
trap finish EXIT

cxlemu() { "$cxlemu_binary" "$@"; }

fail() {
  echo "line ${BASH_LINENO[1]}: $1"
  [[ ! -s out ]] || { echo "--- standard output:"; head -50 out; }
  [[ ! -s err ]] || { echo "--- standard error:"; head -50 err; }
  exit 1
}

# expect STATUS WORDS...: `cxlemu WORDS` ends with that status; what it prints is in out and err.
expect() {
  local wanted=$1 status
  shift
  "$cxlemu_binary" "$@" >out 2>err </dev/null
  status=$?
  [[ $status -eq $wanted ]] || fail "cxlemu $*: exit status $status, not $wanted"
}
# What was printed has this text, or is this line for line.
out_has() { grep -qF -- "$1" out || fail "standard output has no: $1"; }
out_lacks() { ! grep -qF -- "$1" out || fail "standard output has: $1"; }
out_is() { [[ "$(<out)" == "$1" ]] || fail "standard output is not: $1"; }
err_has() { grep -qF -- "$1" err || fail "standard error has no: $1"; }
err_is() { [[ "$(<err)" == "$1" ]] || fail "standard error is not: $1"; }

# start WORDS...: `cxlemu run WORDS` in the background, until it has said its first line ($up) or has ended. Its process
# is $lab, its errors are in lab.err.
start() {
  local pipe=$space/up.$RANDOM$RANDOM
  mkfifo "$pipe"
  "$cxlemu_binary" run "$@" >"$pipe" 2>lab.err </dev/null &
  lab=$!
  started+=("$lab")
  IFS= read -r -t 30 up <"$pipe" || { cp lab.err err; fail "cxlemu run $* did not start"; }
  rm "$pipe"
}
# end STATUS: the lab ends by itself or has been told to.
end() {
  wait "$lab"
  local status=$?
  [[ $status -eq $1 ]] || { cp lab.err err; fail "the lab ended with $status, not $1"; }
}
# until_true COMMAND...: within a minute it is.
until_true() {
  local deadline=$((SECONDS + 60))
  until "$@"; do [[ $SECONDS -lt $deadline ]] || fail "never true: $*"; done
}

one_device=(-object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M
  -object memory-backend-ram,id=l0,size=4k
  -device cxl-type3,id=mem0,volatile-memdev=m0,persistent-memdev=m1,lsa=l0)
