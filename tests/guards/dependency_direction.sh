#!/usr/bin/env bash
# Includes point one way: no file names a folder that its own may not use. A file has the rule of the longest path here
# that it lies in; what it may include is what lies in the paths of that rule, by the same measure, so that `component`
# is only what stands in component/ itself. A single header may be named, too.
set -euo pipefail
cd "$1/src"

below_component="base wire memory cci pci"
component="component component/generic component/logical_device component/memory_device"
below_machine="$below_component mctp af_mctp $component"
declare -A allowed=(
  [base]="base"
  [wire]="base wire"
  [text]="base text"
  [memory]="base memory"
  [mctp]="base wire mctp"
  [cci]="base wire cci"
  [os]="base os"
  [os/vfio_user]="base os os/vfio_user wire/le.hpp wire/reader_writer.hpp"
  [pci]="base wire memory cci pci"
  [af_mctp]="base wire mctp af_mctp"
  [component]="$below_component $component"
  [component/generic]="$below_component component component/generic"
  [component/logical_device]="$below_component component component/generic component/logical_device"
  [component/memory_device]="$below_component $component"
  [decode]="$below_component $component text decode"
  [machine]="$below_machine machine"
  [options]="$below_machine machine text decode options"
  [options/rows]="$below_machine machine text decode options options/rows"
  [qmp]="$below_machine machine text decode qmp qmp/verbs"
  [qmp/verbs]="$below_machine machine text decode qmp qmp/verbs"
  [client]="base wire client"
  [app]="$below_machine machine text decode options qmp os os/vfio_user app"
)

# Into `rule`: the longest path with a rule that a file lies in.
find_rule() {
  rule=$1
  while [[ "$rule" == */* ]]; do
    rule=${rule%/*}
    [[ -z "${allowed[$rule]:-}" ]] || return 0
  done
  return 1
}

failed=0
complain() { echo "$*"; failed=1; }
for folder in */; do
  [[ -n "${allowed[${folder%/}]:-}" ]] || complain "src/$folder has no rule here"
done
# Another way to name a folder would not be seen below.
folders=$(printf '%s\n' */ | tr -d / | paste -sd '|')
if grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*(\"\.|<($folders)/)" .; then
  complain 'write "folder/file.hpp"'
fi
while IFS=: read -r file line include; do
  find_rule "$file" || continue
  may_use=${allowed[$rule]}
  find_rule "$include" || { complain "src/$file:$line includes $include, which has no rule"; continue; }
  [[ " $may_use " == *" $rule "* || " $may_use " == *" $include "* ]] || complain "src/$file:$line uses $include"
done < <(grep -rnE '^#include "[a-z_]+/' --include='*.hpp' --include='*.cpp' -- * |
  sed -E 's/^([^:]+:[0-9]+:).*"([^"]+)".*/\1\2/')
exit "$failed"
