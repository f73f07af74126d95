#!/usr/bin/env bash
# Includes point one way (design section 2): no file names a folder that its own may not use.
set -euo pipefail
cd "$1/src"

declare -A allowed=(
  [base]="base"
  [wire]="wire base"
  [memory]="memory base"
  [mctp]="mctp wire base"
  [cci]="cci wire base"
  [pci]="pci cci memory wire base"
  [component]="component pci cci memory wire base"
  [af_mctp]="af_mctp mctp wire base"
  [machine]="machine af_mctp component pci cci memory mctp wire base"
  [text]="text base"
  [decode]="decode component text pci cci memory wire base"
  [options]="options decode text machine af_mctp component pci cci memory mctp wire base"
  [qmp]="qmp decode text machine af_mctp component pci cci memory mctp wire base"
  [os]="os base"
  [client]="client wire base"
  [app]="app options qmp decode text machine af_mctp component pci cci memory mctp wire os base"
)

failed=0
# Another way to name a folder would not be seen below.
if grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("\.|<(base|wire|mctp|cci|memory|pci|af_mctp|component|machine|text|decode|options|qmp|os|client|app)/)' . ; then
  echo "write \"folder/file.hpp\""
  failed=1
fi
for folder in */; do
  folder=${folder%/}
  if [[ -z "${allowed[$folder]:-}" ]]; then
    echo "src/$folder has no rule here"
    failed=1
    continue
  fi
  while IFS=: read -r file line include; do
    used=${include#*\"}
    used=${used%%/*}
    # The layout of its messages.
    [[ "$file" != os/vfio_user/* || "$used" != wire ]] || continue
    [[ " ${allowed[$folder]} " == *" $used "* ]] || { echo "$file:$line uses $used/"; failed=1; }
  done < <(grep -rnE '^#include "[a-z_]+/' "$folder" --include='*.hpp' --include='*.cpp' | sed -E 's/^([^:]+:[0-9]+:).*"([^"]+)".*/\1"\2/')
done
exit "$failed"
