# A region of volatile memory: its decoders are committed, and freed again
# shellcheck shell=sh
also_behind=switch
guest() {
  run 'cxl create-region -m -d decoder0.0 -t ram -s 256M mem0'
  run 'cxl list -R -D -E -u'
  run 'cxl disable-region region0'
  run 'cxl destroy-region region0'
  run 'cxl list -R'
  run 'cxl list -D -d endpoint -i'
  run 'cxl create-region -m -d decoder0.0 -t pmem -s 256M mem0'
  run 'cxl list -R -X -u'
  run 'cxl destroy-region -f region0'
}
