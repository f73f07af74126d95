# shellcheck shell=bash
# What make_root and make_kernel share: which versions Debian's archive has. Sourced behind bench.sh.

# open_archive DIRECTORY MIRROR: reads the package lists of trixie and trixie-backports, with an apt of its own, which
# neither sees nor changes what is installed here. Its options are in the array apt.
open_archive() {
  local space=$1 mirror=$2 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  need apt-get
  [[ -n $mirror ]] ||
    die "this machine does not install packages from Debian: say where its archive is with --mirror URL"
  [[ -r $keyring ]] || die "$keyring is missing: scripts/install_packages --e2e installs it"
  mkdir -p "$space/apt/lists/partial" "$space/apt/cache/archives/partial"
  printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" trixie "$keyring" "$mirror" trixie-backports \
    >"$space/sources.list"
  apt=(-o Dir::Etc::sourcelist="$space/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::main=- -o Dir::Etc::parts=-
    -o Dir::State::lists="$space/apt/lists" -o Dir::Cache="$space/apt/cache" -o Dir::State::status=/dev/null
    -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Update::Error-Mode=any -o APT::Sandbox::User=root
    -o Acquire::Languages=none -o Acquire::Retries=3)
  apt-get "${apt[@]}" -qq update >"$space/apt.log" 2>&1 || {
    tail -5 "$space/apt.log" >&2
    die "the package lists of trixie and trixie-backports cannot be read from $mirror. The first run needs the" \
      "network; another mirror is chosen with --mirror URL"
  }
}

# resolve NAME VERSION...: NAME=VERSION of the first pattern that the archive has.
resolve() {
  local name=$1 pattern found
  shift
  local -a names
  mapfile -t names < <(apt-cache "${apt[@]}" pkgnames "${name%%\**}" | while IFS= read -r candidate; do
    # shellcheck disable=SC2053  # a pattern
    [[ "$candidate" == $name ]] && echo "$candidate"
  done)
  [[ ${#names[@]} -gt 0 ]] || return 1
  for pattern in "$@"; do
    found=$(apt-cache "${apt[@]}" madison "${names[@]}" | while read -r candidate _ version _; do
      # shellcheck disable=SC2053  # a pattern
      [[ "$version" == $pattern ]] && echo "$version $candidate"
    done | sort -V | tail -1)
    [[ -z "$found" ]] || { echo "${found#* }=${found% *}"; return 0; }
  done
  return 1
}

# choose_packages LIST: the lines NAME=VERSION of what a list pins, in the array packages.
choose_packages() {
  local list=$1 name version successors chosen
  packages=()
  while read -r name version successors; do
    [[ -n "$name" && "$name" != \#* ]] || continue
    # shellcheck disable=SC2086  # words
    chosen=$(set -f && resolve "$name" "$version" $successors) ||
      die "Debian's archive has no $name $version any more and no successor ($successors):" \
        "choose a version in $list. It has: $(apt-cache "${apt[@]}" madison "${name%%\**}" | tr -s ' \n' ' ')"
    [[ "${chosen#*=}" == "$version" ]] ||
      say "    $chosen takes the place of $name $version, which the archive has no more"
    packages+=("$chosen")
  done <"$list"
}
