# shellcheck shell=bash
# One guest and its device. Sourced by tests/e2e/run, which sets device, program, root, guest and cache.
#
# A test, cases/NAME.sh, has its title in its first line and may set
#   topology=host-bridge   cxl-rp rp0 below pxb-cxl; "switch": behind two ports of cxl-upstream below it;
#                          "root-port": an ordinary PCI Express root port without a CXL host bridge
#   also_behind=           topologies with which it runs once more each, as NAME@TOPOLOGY
#   kernel=debian          or "built", with MCTP, raw commands, features and what stands on them (make_kernel)
#   devices=1              m0, m1 ...
#   boots=1                how often the machine is started, with the same lab; the guest has the number in $boot
#   cold_plugged=yes       empty: the machine starts without them, the test plugs them with host_plug
#   memory=volatile=256M,persistent=256M     the capacity of each; either may be left out, or "partitionable=" be there,
#                                            which QEMU's devices do not have
#   lsa=256K               its label storage area
#   cxlemu_options=, qemu_options=           more properties of each device, as ",name=value"
#   machine_words=         more words for QEMU, without blanks in any of them
#   only=cxlemu            not with --device qemu, where it would say nothing
#   time_limit=120         seconds
# and has the functions guest, which the guest runs (guest/helpers.sh has what it may call), and host_NAME, run here
# when the guest calls "host NAME"; prepare, if it is there, runs here before the machine starts, in a directory whose
# files the guest finds in its root directory. Where no guest is needed it has the function alone in place of guest:
# what that prints is the transcript. These may call
#   device_qmp COMMAND NAME=VALUE...         a command about device m0: to cxlemu, or to QEMU for its own device
#   qemu_qmp JSON                            any command to QEMU
#   qemu_event NAME                          waits until QEMU reports it
#   start_lab, end_lab                       of cxlemu; $lab_process is its process
#   device_words M BUS                       the properties of device M for QEMU's device_add, as JSON

# launch FILE WORDS...: starts a program in the background that ends when this shell does; its output goes to FILE.
launch() {
  local file=$1
  shift
  (exec setpriv --pdeathsig KILL "$@" >>"$file" 2>&1 </dev/null) &
}

# qemu_qmp JSON: sends a command and prints what it returns, or the error; status 1 after an error.
qemu_qmp() {
  local line
  printf '%s\n' "$1" >&"$qmp_to"
  while IFS= read -r -t 30 line <&"$qmp_from"; do
    case $line in
      '{"return": '*) line=${line#'{"return": '} && printf '%s\n' "${line%\}*}" && return 0 ;;
      '{"error": '*) printf '%s\n' "$line" | sed -E 's/.*"desc": "(.*)"\}.*/\1/' && return 1 ;;
    esac
  done
  echo "QEMU does not answer $1"
  return 1
}

# qemu_event NAME: waits until QEMU reports it. One reported before an answer to a command is gone.
qemu_event() {
  local line
  while IFS= read -r -t 30 line <&"$qmp_from"; do
    [[ $line != *"\"event\": \"$1\""* ]] || return 0
  done
  echo "QEMU does not report $1"
  return 1
}

# device_qmp COMMAND NAME=VALUE...
device_qmp() {
  local command=$1 word json=
  shift
  if [[ $device == cxlemu ]]; then
    "$program" qmp "$command" path=m0 "$@"
    return
  fi
  for word in "$@"; do
    local value=${word#*=}
    [[ $value =~ ^(0x[0-9a-fA-F]+|[0-9]+)$ ]] && value=$((value))
    [[ $value =~ ^(-?[0-9]+|true|false|\[.*)$ ]] || value="\"$value\""
    json+=", \"${word%%=*}\": $value"
  done
  qemu_qmp "{\"execute\": \"$command\", \"arguments\": {\"path\": \"/machine/peripheral/m0\"$json}}"
}

# memory_size KIND: from $memory; nothing where there is none.
memory_size() { [[ ,$memory, =~ ,$1=([^,]*), ]] && echo "${BASH_REMATCH[1]}"; }

# device_words M BUS
device_words() {
  local words="\"id\": \"$1\", \"bus\": \"$2\"" option value kind
  if [[ $device == cxlemu ]]; then
    words+=", \"driver\": \"vfio-user-pci\", \"socket\": {\"type\": \"unix\", \"path\": \"$lab/$1.vfio\"}"
  else
    words+=", \"driver\": \"cxl-type3\", \"sn\": $((0x1234 + ${1#m}))"
    for kind in volatile persistent; do
      [[ -z $(memory_size $kind) ]] || words+=", \"$kind-memdev\": \"$1-$kind\""
    done
    [[ -z $lsa ]] || words+=", \"lsa\": \"$1-lsa\""
    while IFS='=' read -r -d, option value; do
      [[ -z $option ]] || words+=", \"$option\": \"$value\""
    done <<<"$qemu_options,"
  fi
  echo "{$words}"
}

# backends M: "-object" words for the memory of device M.
backends() {
  local kind size
  for kind in volatile persistent partitionable; do
    size=$(memory_size $kind)
    [[ -z $size ]] || echo "-object memory-backend-ram,id=$1-$kind,size=$size"
  done
  [[ -z $lsa ]] || echo "-object memory-backend-ram,id=$1-lsa,size=$lsa"
}

# start_lab: cxlemu with every device; returns when it listens.
start_lab() {
  local number m words=() option kind tries=100
  for ((number = 0; number < devices; ++number)); do
    m=m$number
    option=cxl-type3,id=$m,sn=$((0x1234 + number))${lsa:+,lsa=$m-lsa}
    for kind in volatile persistent partitionable; do
      [[ -z $(memory_size $kind) ]] || option+=,$kind-memdev=$m-$kind
    done
    # shellcheck disable=SC2207  # words without blanks
    words+=($(backends "$m") -device "$option$cxlemu_options")
  done
  rm -f "$lab"/*.vfio
  launch "$space/cxlemu.txt" "$program" run --name e2e --clock=real "${words[@]}"
  lab_process=$!
  until [[ -S $lab/m$((devices - 1)).vfio ]]; do
    sleep 0.1
    ((tries-- > 0)) && kill -0 "$lab_process" 2>/dev/null || {
      echo "cxlemu does not listen at $lab/m0.vfio:"
      tail -5 "$space/cxlemu.txt"
      return 1
    }
  done
}

# end_lab: in order; status 1 where cxlemu did not end well, as with a sanitizer's report.
end_lab() {
  "$program" qmp quit >/dev/null 2>&1
  wait "$lab_process" || {
    echo "cxlemu ended with status $?:"
    grep -m 1 -A 10 -E 'ERROR|runtime error' "$space/cxlemu.txt" || tail -5 "$space/cxlemu.txt"
    return 1
  }
}

# start_qemu BOOT. no_timer_check: on a busy machine the check for a timer fails, which is a panic.
start_qemu() {
  local words number bus=(rp0) image=$guest/kernel
  [[ $kernel == debian ]] || image=$built_kernel
  words=(-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" -nodefaults -no-user-config -display none -no-reboot
    -accel tcg -cpu "max,-hypervisor" -smp 1 -m 512M,maxmem=4G,slots=2
    -kernel "$image" -initrd "$space/initramfs" -append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0 \
apparmor=0 init_on_alloc=0 no_timer_check iomem=relaxed random.trust_cpu=on tsc=reliable boot=$1"
    -serial "file:$space/console$1.txt" -chardev "pipe,id=transcript,path=$space/transcript" -serial chardev:transcript
    -qmp "pipe:$space/qmp")
  local host_bridge=(-M "q35,cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G"
    -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2)
  case $topology in
    host-bridge) words+=("${host_bridge[@]}") ;;
    switch)
      words+=("${host_bridge[@]}" -device cxl-upstream,bus=rp0,id=us0
        -device cxl-downstream,port=0,bus=us0,id=ds0,chassis=0,slot=4
        -device cxl-downstream,port=1,bus=us0,id=ds1,chassis=0,slot=5)
      bus=(ds0 ds1)
      ;;
    root-port) words+=(-M q35 -device pcie-root-port,bus=pcie.0,id=rp0,chassis=0,slot=2) ;;
    *) echo "topology=$topology is none of host-bridge, switch, root-port"; return 1 ;;
  esac
  for ((number = 0; number < devices; ++number)); do
    # shellcheck disable=SC2207  # words without blanks
    [[ $device == cxlemu ]] || words+=($(backends "m$number"))
    [[ -z $cold_plugged ]] || words+=(-device "$(device_words "m$number" "${bus[number]}")")
  done
  # shellcheck disable=SC2206  # words
  words+=($machine_words)
  printf '%q ' qemu-system-x86_64 "${words[@]}" >"$space/qemu-words.txt"
  launch "$space/qemu.txt" "$root/$libraries/ld-linux-x86-64.so.2" --library-path "$root/$libraries" \
    "$root/usr/bin/qemu-system-x86_64" "${words[@]}"
  qemu=$!
}

# run_boot BOOT: starts QEMU and does for the guest what it asks for until it has switched itself off. Status 2: the
# kernel did not get as far as the guest's first program, which happens to an emulated machine whose timers starve.
run_boot() {
  local line='' piece is_up='' boot_started=$SECONDS
  # Opened for both directions, a pipe waits for nobody.
  rm -f "$space"/{transcript,qmp}.{in,out}
  mkfifo "$space"/{transcript,qmp}.{in,out}
  exec {guest_to}<>"$space/transcript.in" {guest_from}<>"$space/transcript.out" \
    {qmp_to}<>"$space/qmp.in" {qmp_from}<>"$space/qmp.out"
  start_qemu "$1" || return 1
  qemu_qmp '{"execute": "qmp_capabilities"}' >/dev/null || { cat "$space/qemu.txt"; return 2; }

  # A line may come in pieces, and QEMU may end at any time.
  while :; do
    if IFS= read -r -t 1 piece <&"$guest_from"; then
      line=${line}${piece%$'\r'}
    else
      line+=$piece
      [[ -n $is_up || $((SECONDS - boot_started)) -lt 40 ]] || { kill "$qemu"; wait "$qemu"; return 2; }
      kill -0 "$qemu" 2>/dev/null || {
        echo "QEMU ended before the test did:"
        tail -5 "$space/qemu.txt"
        return $((${#is_up} == 0 ? 2 : 1))
      }
      [[ $((SECONDS - started)) -lt $time_limit ]] || {
        echo "not over after $time_limit s; last: $(tail -1 "$space/transcript.txt")"
        return 1
      }
      continue
    fi
    case $line in
      @up) is_up=yes ;;
      @end) break ;;
      '@host '*)
        # shellcheck disable=SC2086  # words
        set -- ${line#@host }
        "host_$1" "${@:2}" >>"$space/transcript.txt" 2>&1
        echo "done" >&"$guest_to"
        ;;
      *) printf '%s\n' "$line" >>"$space/transcript.txt" ;;
    esac
    line=
  done
  for _ in {1..100}; do kill -0 "$qemu" 2>/dev/null || return 0; sleep 0.1; done
  echo "QEMU goes on 10 s after the test's end"
  return 1
}

# run_machine NAME SPACE: runs test NAME; SPACE/transcript.txt has what its guest said. What went wrong with the machine
# itself is on the standard output, status 1.
run_machine() (
  space=$2
  topology=host-bridge kernel=debian devices=1 cold_plugged=yes boots=1 memory=volatile=256M,persistent=256M lsa=256K
  cxlemu_options= qemu_options= machine_words= time_limit=120
  started=$SECONDS
  # shellcheck disable=SC1090  # one of cases/
  . "$e2e_dir/cases/${1%@*}.sh"
  [[ $1 != *@* ]] || topology=${1#*@}
  if declare -F alone >/dev/null; then
    alone >"$space/transcript.txt"
    return
  fi
  # The path of a socket is short.
  CXLEMU_RUNTIME_DIR=$(mktemp -d) CXLEMU_LAB=e2e lab=$CXLEMU_RUNTIME_DIR/e2e
  export CXLEMU_RUNTIME_DIR CXLEMU_LAB
  trap 'exit 1' TERM INT
  trap 'kill $(jobs -p) 2>/dev/null || :; wait
    rm -rf "$CXLEMU_RUNTIME_DIR" "$space"/{initramfs,extra} "$space"/*.in "$space"/*.out' EXIT
  : >"$space/transcript.txt"
  mkdir "$space/extra" && cp "$e2e_dir/cases/${1%@*}.sh" "$space/extra/test.sh"
  if declare -F prepare >/dev/null; then
    (cd "$space/extra" && prepare) || { echo "prepare failed"; return 1; }
  fi
  # The kernel unpacks archives that follow each other as one.
  { cat "$guest/initramfs"
    (cd "$space/extra" && find . | "$root/usr/bin/busybox" cpio -o -H newc 2>/dev/null); } >"$space/initramfs"

  if [[ $device == cxlemu ]]; then start_lab || return 1; fi
  local boot status tries=3
  for ((boot = 1; boot <= boots; ++boot)); do
    run_boot "$boot"
    status=$?
    # A machine that did not boot has shown nothing of the device.
    if [[ $status -eq 2 && $((--tries)) -gt 0 ]]; then
      echo "the machine did not boot; once more" >&2
      ((--boot))
    elif [[ $status -ne 0 ]]; then
      [[ $status -ne 2 ]] || echo "the machine did not boot in three tries: $space/console$boot.txt"
      return 1
    fi
  done
  if [[ $device == cxlemu ]]; then end_lab || return 1; fi
)
