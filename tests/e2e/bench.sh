# shellcheck shell=bash
# What make_root, make_guest and the tests share: where things are kept, and how a program of the root directory is run.
e2e_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$e2e_dir/../.." && pwd)
cache=${CXLEMU_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cxlemu/e2e}
libraries=usr/lib/x86_64-linux-gnu

say() { printf 'e2e: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# hash_of FILE...: 12 hexadecimal digits that change with the contents.
hash_of() { cat -- "$@" | sha256sum | cut -c 1-12; }

# need PROGRAM...: each is installed here.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || die "$program is not installed: scripts/install_packages --e2e installs it"
  done
}

# debian_archive: where this machine installs Debian's packages from, but for security updates.
debian_archive() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -1
}

# lock_cache KIND: one at a time makes something of a kind in the cache; the others wait.
lock_cache() {
  mkdir -p "$cache" || die "cannot write to $cache: choose another directory with CXLEMU_E2E_CACHE or run --cache"
  exec {cache_lock}>"$cache/lock-$1"
  flock -n "$cache_lock" || { say "waiting for another run that fills $cache"; flock "$cache_lock"; }
}

# in_cache DIRECTORY: prints it and ends this program if it is there already. What nobody asked for in two weeks goes.
in_cache() {
  [[ -d $1 ]] || return 0
  touch "$1"
  find "$cache" -mindepth 1 -maxdepth 1 -name '*-*' -type d -mtime +14 -exec rm -rf {} +
  echo "$1"
  exit 0
}

# exec_in_root ROOT PROGRAM WORDS...: becomes a program of the root directory, with its own libraries; no chroot, so not
# only root can do it and every path is what it is outside. in_root runs one and goes on.
exec_in_root() {
  local root=$1 program=$2
  shift 2
  [[ -e $root/usr/bin/$program ]] && program=$root/usr/bin/$program || program=$root/usr/sbin/$program
  exec "$root/$libraries/ld-linux-x86-64.so.2" --library-path "$root/$libraries" "$program" "$@"
}
in_root() { (exec_in_root "$@"); }
