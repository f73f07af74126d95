# Data Object Exchange: discovery, the CDAT, and the QoS class that Linux derives from it
# shellcheck shell=sh
# The path from the processor to the root port, which Linux adds to what the CDAT says.
machine_words='-machine hmat=on -object memory-backend-ram,id=ram,size=512M -numa node,nodeid=0,memdev=ram,cpus=0
  -numa node,nodeid=1,initiator=0 -object acpi-generic-port,id=gp0,pci-bus=cxl.1,node=1
  -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=800
  -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=100G
  -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=500
  -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=50G'
guest() {
  run "ls /sys/bus/pci/devices/$(pci_of mem0)/doe_features"
  run 'hexdump -C /sys/bus/cxl/devices/endpoint2/CDAT'
  run 'cd /sys/bus/cxl/devices/mem0 && grep -s . ram/qos_class pmem/qos_class'
}
