#!/usr/bin/env bash
# cxlemu run --dbus: endpoints as mctpd shows them, under both of its names.
. "$(dirname "$0")/common.sh"
# What the caller's session has must not be found.
unset DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS
new=(au.com.codeconstruct.MCTP1 /au/com/codeconstruct/mctp1)
old=(xyz.openbmc_project.MCTP /xyz/openbmc_project/mctp)
bus() { busctl --address="$address" "$@" >out 2>err || fail "busctl $*"; }
objects() { bus --json=pretty call "$1" "$2" org.freedesktop.DBus.ObjectManager GetManagedObjects; }
property() { bus get-property "$@"; }

# ---- a bus for the lab alone
start --name bus --dbus --clock=virtual "$source_dir/examples/three-devices.toml"
address=unix:path=$CXLEMU_RUNTIME_DIR/bus/dbus.sock
expect 0 exec --lab bus -- sh -c 'echo "$DBUS_SYSTEM_BUS_ADDRESS"'
out_is "$address"

objects "${new[@]}"
for path in interfaces/cxlemu1 networks/1 networks/1/endpoints/{8,9,20,254}; do out_has "\"${new[1]}/$path\""; done
out_lacks "\"${new[1]}/networks/1/endpoints/11\""
endpoint=${new[1]}/networks/1/endpoints/8
property "${new[0]}" "$endpoint" xyz.openbmc_project.MCTP.Endpoint EID NetworkId SupportedMessageTypes \
  VendorDefinedMessageTypes
out_is 'y 8
u 1
ay 3 0 7 8
a(yvq) 0'
property "${new[0]}" "$endpoint" xyz.openbmc_project.Common.UUID UUID
uuid=$(sed -E 's/^s "(.*)"$/\1/' out)
expect 0 list --lab bus --json
out_has "\"uuid\": \"$uuid\""
property "${new[0]}" "$endpoint" au.com.codeconstruct.MCTP.Endpoint1 Connectivity
out_is 's "Available"'
property "${new[0]}" "${new[1]}/networks/1" au.com.codeconstruct.MCTP.Network1 LocalEIDs
out_is "ay 1 254"
property "${new[0]}" "${new[1]}/interfaces/cxlemu1" au.com.codeconstruct.MCTP.Interface1 Role NetworkId
out_is 's "Endpoint"
u 1'
# The programs' own EID is no device.
property "${new[0]}" "${new[1]}/networks/1/endpoints/254" xyz.openbmc_project.MCTP.Endpoint SupportedMessageTypes
out_is "ay 1 0"

objects "${old[@]}"
for path in 1/8 1/9 1/20 1/254; do out_has "\"${old[1]}/$path\""; done
property "${old[0]}" "${old[1]}/1/9" xyz.openbmc_project.MCTP.Endpoint EID NetworkId SupportedMessageTypes
out_is 'y 9
u 1
ay 3 0 7 8'

# ---- introspection
bus tree --list "${new[0]}"
out_has "$endpoint"
bus introspect "${new[0]}" "$endpoint"
grep -qE '^\.SupportedMessageTypes +property +ay +3 0 7 8 +const' out ||
  fail "no SupportedMessageTypes in introspection"
bus introspect "${new[0]}" "${new[1]}"
out_has org.freedesktop.DBus.ObjectManager
if busctl --address="$address" get-property "${new[0]}" "${new[1]}/networks/1/endpoints/77" \
  xyz.openbmc_project.MCTP.Endpoint EID >out 2>err; then fail "there is no endpoint 77"; fi

# ---- an EID that changes is shown, and told of
coproc monitor { exec stdbuf -oL busctl --address="$address" monitor "${new[0]}" 2>&1; }
started+=("$monitor_PID")
IFS= read -r -t 30 _ <&"${monitor[0]}" || fail "busctl monitor did not start"
cat >set_eid.c <<'C'
#include <linux/mctp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
int main(void) {
  int fd = socket(45, SOCK_DGRAM, 0);
  struct sockaddr_mctp to;
  memset(&to, 0, sizeof to);
  to.smctp_family = 45, to.smctp_network = 1, to.smctp_addr.s_addr = 8, to.smctp_type = 0, to.smctp_tag = 8;
  unsigned char set[] = {0x80, 0x01, 0x00, 50}, reply[16];
  return sendto(fd, set, sizeof set, 0, (struct sockaddr *)&to, sizeof to) == sizeof set &&
      recv(fd, reply, sizeof reply, 0) > 3 && reply[2] == 0 ? 0 : 1;
}
C
"${CC:-cc}" -o set_eid set_eid.c || fail "cannot build set_eid"
expect 0 exec --lab bus -- ./set_eid
while IFS= read -r -t 30 line <&"${monitor[0]}"; do [[ $line != *InterfacesAdded* ]] || break; done
[[ $line == *InterfacesAdded* ]] || fail "nobody was told of the endpoint at its new EID"
objects "${new[@]}"
out_has "\"${new[1]}/networks/1/endpoints/50\""
out_lacks "\"$endpoint\""
objects "${old[@]}"
out_has "\"${old[1]}/1/50\""
out_lacks "\"${old[1]}/1/8\""

# ---- of two endpoints with one EID the one is shown that messages reach: here the one that had it first
property "${new[0]}" "${new[1]}/networks/1/endpoints/9" xyz.openbmc_project.Common.UUID UUID
first=$(<out)
sed -i 's/s_addr = 8/s_addr = 20/; s/0x00, 50/0x00, 9/' set_eid.c
"${CC:-cc}" -o set_eid set_eid.c || fail "cannot build set_eid"
expect 0 exec --lab bus -- ./set_eid
property "${new[0]}" "${new[1]}/networks/1/endpoints/9" xyz.openbmc_project.Common.UUID UUID
out_is "$first"

# ---- another lab on the same bus; buses that are not there
expect 3 run --name second "--dbus=$address" "${one_device[@]}"
err_is "cxlemu: --dbus=$address: au.com.codeconstruct.MCTP1 is taken on the D-Bus at $address: another lab or mctpd\
 serves it; --dbus=private makes a bus of its own for this lab"
expect 3 run --dbus=unix:path=/nowhere/bus "${one_device[@]}"
err_is "cxlemu: --dbus=unix:path=/nowhere/bus: cannot reach the D-Bus at unix:path=/nowhere/bus: No such file or\
 directory; --dbus=private makes a bus of its own for this lab"
expect 2 run --dbus=sytem "${one_device[@]}"
err_is "cxlemu: --dbus=sytem: say private, system, session or a D-Bus address such as unix:path=/tmp/bus"
mkdir empty
PATH=$space/empty expect 3 run --dbus=private "${one_device[@]}"
err_is "cxlemu: --dbus=private: cannot run dbus-daemon: PATH has no such program that may be run; install dbus-daemon,\
 or name a bus by --dbus=ADDRESS"

# ---- on a bus that somebody else runs: as system bus, as session bus, by its address; the name is free when a lab ends
expect 0 run --name in "--dbus=private" "${one_device[@]}" -- sh -c \
  '[ "$DBUS_SYSTEM_BUS_ADDRESS" = "unix:path=$CXLEMU_RUNTIME_DIR/in/dbus.sock" ] &&
   [ -S "$CXLEMU_RUNTIME_DIR/in/dbus.sock" ]'
expect 0 qmp --lab bus quit
end 0
mkfifo listens
cat >bus.conf <<CONF
<busconfig><type>custom</type><listen>unix:path=$space/own</listen><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
CONF
dbus-daemon --config-file=bus.conf --nofork --nopidfile --print-address=1 >listens 2>/dev/null &
started+=($!)
IFS= read -r -t 30 _ <listens || fail "dbus-daemon did not start"
address=unix:path=$space/own
export DBUS_SYSTEM_BUS_ADDRESS=$address DBUS_SESSION_BUS_ADDRESS=$address
for where in system session "$address"; do
  start --name own "--dbus=$where" "${one_device[@]}"
  objects "${new[@]}"
  out_has "\"${new[1]}/networks/1/endpoints/8\""
  expect 0 exec --lab own -- sh -c 'echo "$DBUS_SYSTEM_BUS_ADDRESS"'
  out_has "unix:path=$space/own"
  kill -TERM "$lab"
  end 0
done
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "directories of labs are still there"

# ---- an interrupt from the terminal asks the program to end; it has its bus until it does
cat >interrupted.sh <<'SH'
trap 'asked=1' TERM
trap '' INT
echo ready >ready
until [[ -n ${asked:-} ]]; do read -r -t 0.05 _ <>ready_never; done
exec busctl --system get-property au.com.codeconstruct.MCTP1 /au/com/codeconstruct/mctp1/networks/1/endpoints/8 \
  xyz.openbmc_project.MCTP.Endpoint EID
SH
mkfifo ready ready_never
(unset DBUS_SYSTEM_BUS_ADDRESS
  exec setsid env --default-signal=INT "$cxlemu_binary" run --name terminal --dbus "${one_device[@]}" \
    -- bash interrupted.sh >out 2>err) &
lab=$!
started+=("$lab")
IFS= read -r -t 30 _ <ready || fail "the program did not start"
kill -INT -- "-$lab"
end 0
out_is "y 8"

# ---- the bus of a lab that is killed ends with it
if command -v setpriv >/dev/null; then
  start --name killed --dbus "${one_device[@]}"
  address=unix:path=$CXLEMU_RUNTIME_DIR/killed/dbus.sock
  objects "${new[@]}"
  kill -KILL "$lab"
  wait "$lab" 2>/dev/null
  bus_is_gone() { ! busctl --address="$address" list >out 2>err; }
  until_true bus_is_gone
fi

# ---- a lab without endpoints has objects all the same: libcxlmi does not survive an empty answer
start --name none --dbus -object memory-backend-ram,id=m0,size=256M \
  -device cxl-type3,id=mem0,volatile-memdev=m0,mctp=none
address=unix:path=$CXLEMU_RUNTIME_DIR/none/dbus.sock
objects "${old[@]}"
out_has "\"${old[1]}/1/254\""

# ---- a lab goes on without its bus, and says so
for process in /proc/[0-9]*; do
  read -r _ name _ parent _ <"$process/stat" || continue
  [[ $name != "(dbus-daemon)" || $parent != "$lab" ]] || kill -KILL "${process#/proc/}"
done 2>/dev/null
told() { grep -qxF "cxlemu: the bus of --dbus=private has gone; the lab goes on without it" lab.err; }
until_true told
expect 0 list --lab none
expect 0 qmp --lab none quit
end 0
echo passed
