#!/usr/bin/env bash
# Tests speak through the ways that a client or the user of a lab has (tests/support/lab.hpp). Where one looks inside
# all the same, it goes through lab.inside("why") or lab.inside_endpoint("why"): as often as stands here, and each says
# why. A number may only become smaller.
set -euo pipefail
cd "$1/tests"
declare -A expected=([conformance]=9 [conversations]=17)
kShortestReason=15

failed=0
complain() {
  echo "$1"
  failed=1
}

for folder in conformance conversations; do
  count=0
  for file in "$folder"/*.cpp; do
    # A call may be broken over lines: the whole file as one.
    text=$(tr '\n' ' ' <"$file")
    while IFS= read -r use; do
      [[ -n $use ]] || continue
      count=$((count + 1))
      [[ $use =~ \(\ *\"([^\"]*)\"$ && ${#BASH_REMATCH[1]} -ge $kShortestReason ]] ||
        complain "$file looks inside without saying why in at least $kShortestReason characters: $use"
    done < <(grep -oE '\binside(_endpoint)?\( *("[^"]*"|[^"]{0,20})' <<<"$text" || true)
  done
  if [[ $count -gt ${expected[$folder]} ]]; then
    complain "$folder/ looks inside $count times, not ${expected[$folder]}: is there a way that a client or a user has?"
  elif [[ $count -lt ${expected[$folder]} ]]; then
    complain "$folder/ looks inside $count times alone: write that number instead of ${expected[$folder]} in $0"
  fi
done

# Other doors: what a component was built of, endpoints of a machine, a device without one. own_component_test has a
# component of its own.
pattern='built\.|MemoryDeviceKind|\.endpoints\b|endpoint_of\(|\bMemoryDevice \w+[({]'
others=$(grep -nE "$pattern" conformance/*.cpp conversations/*.cpp |
  grep -v '^conversations/own_component_test\.cpp:' || true)
[[ -z $others ]] || complain "a test reaches the inside by another way than lab.inside(\"why\"): $others"
exit $failed
