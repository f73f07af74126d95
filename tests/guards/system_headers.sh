#!/usr/bin/env bash
# Only os/ and client/ make system calls.
set -euo pipefail
cd "$1/src"
pattern='#include <(sys|linux|netinet|arpa|net|systemd)/|#include <(unistd|fcntl|poll|signal|spawn|dlfcn|pthread|errno|dirent|termios|sched)\.h>|#include <(thread|mutex|condition_variable|future)>'
if grep -rnE "$pattern" base wire mctp cci memory component machine control app; then
  echo "system headers belong to os/ and client/"
  exit 1
fi
