#!/usr/bin/env bash
# cxlemu run: how a lab is described, how it ends, and what is refused.
. "$(dirname "$0")/common.sh"

# ---- help and wrong command lines
expect 0 run --help
out_has "usage: cxlemu run [FILE.toml]"
expect 2 run
err_is "cxlemu: nothing to run; give a topology file or -device options (see --help)"
expect 2 run --nmae x "${one_device[@]}"
err_is 'cxlemu: unknown option "--nmae"; did you mean "--name"?'
expect 2 run -devcie cxl-type3
err_is 'cxlemu: unknown option "-devcie"; did you mean "-device"?'
expect 2 run -device cxl-type3,volatile-memdv=m0
err_is 'cxlemu: -device #1: cxl-type3 has no property "volatile-memdv"; did you mean "volatile-memdev"?'
expect 2 run -object memory-backend-ram,id=m0,size=256M -device cxl-type3,volatile-memdev=m1
err_has 'volatile-memdev names no memory backend: "m1"; did you mean "m0"?'
expect 2 run -device cxl-typ3
err_has 'did you mean "cxl-type3"?'
expect 2 run --name
err_is "cxlemu: --name needs a value"
expect 2 run --clock=fast "${one_device[@]}"
expect 2 run --json=yes "${one_device[@]}"
err_is "cxlemu: --json takes no value"
expect 2 run "${one_device[@]}" --
err_is "cxlemu: -- needs a program behind it"
expect 2 run a.toml b.toml
err_is "cxlemu: b.toml: one topology file is enough (a.toml is given already)"
expect 2 run missing.toml
err_is "cxlemu: cannot open missing.toml: No such file or directory"
printf '[device.mem0]\ntype = "cxl-type3"\nvolatile-memdv = "m0"\n' >wrong.toml
expect 2 run wrong.toml
err_has 'wrong.toml:3'
err_has 'did you mean "volatile-memdev"?'
printf '[device.mem0\n' >broken.toml
expect 2 run broken.toml
err_has 'broken.toml:1'
[[ ! -e $CXLEMU_RUNTIME_DIR ]] || fail "a lab that was never started left something behind"

# ---- options, a file, both
start --clock=auto "${one_device[@]}"
[[ $up == "lab \"lab\" is up in $CXLEMU_RUNTIME_DIR/lab (clock auto)" ]] || fail "first line: $up"
expect 0 cci mem0 identify
kill -TERM "$lab"
end 0
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the directory of the lab is still there"

start "$source_dir/examples/three-devices.toml" --clock virtual --name=three
expect 0 list --lab three
out_has "mixed0"
kill -INT "$lab"
end 0
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the directory of the lab is still there"

start "$source_dir/examples/one-device.toml" --name both --json \
  -object memory-backend-ram,id=more,size=256M -device cxl-type3,id=second,volatile-memdev=more
both=$CXLEMU_RUNTIME_DIR/both
sockets="{\"mem0\":\"$both/mem0.vfio\",\"second\":\"$both/second.vfio\"}"
[[ $up == "{\"lab\":\"both\",\"directory\":\"$both\",\"clock\":\"auto\",\"devices\":[\"mem0\",\"second\"],\
\"vfio-user\":$sockets}" ]] ||
  fail "first line: $up"
expect 0 cci --lab both second identify

# ---- a second lab of the name is refused, one of another name is not
expect 3 run --name both "${one_device[@]}"
err_has "lab \"both\" is already running (pid $lab); stop it or choose another --name"
expect 0 cci --lab both second identify
first=$lab
start --name other --clock=virtual "${one_device[@]}"
expect 3 list
err_is 'cxlemu: no lab "lab" is running, but: both, other; name one by --lab, or start it: '\
'cxlemu run --name lab lab.toml'
expect 0 qmp --lab other quit
end 0
lab=$first
expect 0 qmp --lab both quit
end 0
expect 3 list
err_is 'cxlemu: no lab "lab" is running; start it: cxlemu run --name lab lab.toml'

# ---- a program of its own: its exit status is the lab's
expect 7 run --clock=auto "${one_device[@]}" -- sh -c 'echo "in $CXLEMU_LAB"; exit 7'
out_is "in lab"
expect 0 run --name mine --clock=auto "${one_device[@]}" -- "$check_binary" 1 8
out_has "PASS identify_by_sendto"
out_has "0 failed"
expect 137 run "${one_device[@]}" -- sh -c 'kill -KILL $$'
# A program that is stopped has not ended: the lab goes on, and so does the program later.
"$cxlemu_binary" run --clock=auto "${one_device[@]}" -- sh -c 'echo $$ >program.pid; kill -STOP $$; exit 5' &
lab=$!
started+=("$lab")
is_stopped() { [[ -s program.pid ]] && grep -q '^State:.*T' "/proc/$(<program.pid)/status"; }
until_true is_stopped
expect 0 cci mem0 identify
kill -CONT "$(<program.pid)"
end 5
expect 3 run "${one_device[@]}" -- ./no-such-program
err_has "cannot run ./no-such-program: No such file or directory"
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the directory of the lab is still there"

# ---- sockets for QEMU: where they are, where there is none, what is in the way
start --name sockets "${one_device[@]}"
[[ -S $CXLEMU_RUNTIME_DIR/sockets/mem0.vfio ]] || fail "no socket for QEMU"
expect 0 qmp --lab sockets quit
end 0
memory=(-object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M)
start "${memory[@]}" -device "cxl-type3,id=a,volatile-memdev=m0,vfio-user=$space/a.vfio" \
  -device cxl-type3,id=b,volatile-memdev=m1,vfio-user=none --json
[[ $up == *"\"vfio-user\":{\"a\":\"$space/a.vfio\"}}" ]] || fail "first line: $up"
expect 3 run --name second "${memory[@]}" -device "cxl-type3,volatile-memdev=m0,vfio-user=$space/a.vfio"
err_has "mem0: cannot make socket $space/a.vfio: another program listens there"
err_has 'vfio-user=PATH names another socket'
kill -KILL "$lab"
end 137
[[ -S $space/a.vfio ]] || fail "a killed lab cleans up?"
start "${memory[@]}" -device "cxl-type3,id=a,volatile-memdev=m0,vfio-user=$space/a.vfio"
expect 0 qmp quit
end 0
[[ ! -e $space/a.vfio ]] || fail "the socket is still there"
echo mine >"$space/a.vfio"
expect 3 run "${memory[@]}" -device "cxl-type3,volatile-memdev=m0,vfio-user=$space/a.vfio"
err_has 'a file that is no socket stands there'
[[ $(<"$space/a.vfio") == mine ]] || fail "a file of somebody else was touched"

# ---- many devices where the shell allows few descriptors
many=()
for number in {1..60}; do
  many+=(-object "memory-backend-ram,id=v$number,size=256M" -device "cxl-type3,id=d$number,volatile-memdev=v$number")
done
(ulimit -Sn 128 && expect 0 run "${many[@]}" -- true) ||
  { cat out err; fail "60 devices want more than 128 descriptors"; }

# ---- W1 of the users' command lines, pasted
start qemu-system-x86_64 -M q35,cxl=on -m 4G,maxmem=8G,slots=8 -smp 4 ... \
  -object "memory-backend-file,id=cxl-mem1,share=on,mem-path=$space/cxltest.raw,size=256M" \
  -object "memory-backend-file,id=cxl-lsa1,share=on,mem-path=$space/lsa.raw,size=256M" \
  -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1 \
  -device cxl-rp,port=0,bus=cxl.1,id=root_port13,chassis=0,slot=2 \
  -device cxl-type3,bus=root_port13,persistent-memdev=cxl-mem1,lsa=cxl-lsa1,id=cxl-pmem0 \
  -M cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G
[[ "$(grep -c 'accepted without effect' lab.err)" -eq 1 && "$(wc -l <lab.err)" -eq 1 ]] ||
  { cp lab.err err; fail "no notice"; }
expect 0 list
out_has "cxl-pmem0"
expect 0 qmp cxlemu-write-media path=cxl-pmem0 dpa=4k data=c0ffee
expect 0 cci cxl-pmem0 set-lsa offset=16 data=label

# ---- a lab that is killed loses nothing that it had acknowledged, and its name is free
kill -KILL "$lab"
end 137
expect 3 list
[[ -e $CXLEMU_RUNTIME_DIR/lab ]] || fail "a killed lab cleans up?"
start --clock=virtual \
  -object "memory-backend-file,id=cxl-mem1,mem-path=$space/cxltest.raw,size=256M" \
  -object "memory-backend-file,id=cxl-lsa1,mem-path=$space/lsa.raw,size=256M" \
  -device cxl-type3,persistent-memdev=cxl-mem1,lsa=cxl-lsa1,id=cxl-pmem0
expect 0 qmp cxlemu-read-media path=cxl-pmem0 dpa=4096 length=3
out_has '"data": "c0ffee"'
expect 0 cci cxl-pmem0 get-lsa offset=16 length=5 --raw
out_is "6c6162656c"
kill -TERM "$lab"
end 0
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the directory of the lab is still there"

# ---- a backend that cannot be made
expect 3 run -object memory-backend-file,id=m,mem-path=/proc/nowhere,size=256M -device cxl-type3,volatile-memdev=m
err_has "/proc/nowhere"
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the directory of the lab is still there"
echo passed
