# shellcheck shell=bash
# Building programs from Go modules. Sourced; the caller has set `cache` (a folder) and defined say and die.

# A Go that is new enough: the one on PATH, or the pinned one, which any Go since 1.19 can fetch as a module.
use_go() {
  command -v go >/dev/null || die "needs Go to build the tools (Debian: apt-get install golang-go), found none on PATH"
  export GOTOOLCHAIN=local GOFLAGS='' CGO_ENABLED=0 GOWORK=off
  unset GOROOT
  local have os arch new
  have=$(go env GOVERSION | sed 's/^go//')
  if [ "$(printf '%s\n' "$go_version" "$have" | sort -V | head -1)" = "$go_version" ]; then return; fi
  os=$(go env GOOS) arch=$(go env GOARCH)
  new=$(dirname "$cache")/go-$go_version
  if [ ! -x "$new/bin/go" ]; then
    say "Go $have is older than $go_version: fetching $go_version as a module"
    fetch_module "golang.org/toolchain@v0.0.1-go$go_version.$os-$arch"
    local part=$new.$$.part # two callers may fetch at once; the first whole one stays
    mkdir -p "$(dirname "$new")"; cp -r --no-preserve=mode "$fetched" "$part"
    chmod -R u+w "$part"; chmod +x "$part"/bin/* "$part"/pkg/tool/*/*
    mv -T "$part" "$new" 2>/dev/null || rm -rf "$part"
  fi
  export GOROOT=$new PATH=$new/bin:$PATH
  go version >&2 || die "the fetched Go $go_version does not run"
}

json_field() { sed -n "s/^\s*\"$1\": \"\(.*\)\",\{0,1\}\$/\1/p"; }

# Fetches a module and leaves its folder in `fetched`; a failure is shown with Go's own reason.
fetch_module() { # MODULE@VERSION
  local said
  said=$(cd / && go mod download -json "$1" 2>&1) || true
  fetched=$(json_field Dir <<<"$said")
  [ -d "$fetched" ] || die "could not fetch the Go module $1: $(json_field Error <<<"$said" | grep . || echo "$said")"
}

# The same as a value; in a command's arguments a failure does not stop the caller, so assign it first.
module_dir() { # MODULE@VERSION
  fetch_module "$1"
  echo "$fetched"
}

# go install leaves PACKAGE's last path element in GOBIN; it appears as FILE only when whole.
install_go() { # FILE PACKAGE@VERSION
  local out=$1 package=$2 work
  say "building $package (once)"
  mkdir -p "$(dirname "$out")"
  work=$(mktemp -d "$(dirname "$out")/.build.XXXXXX")
  (cd / && GOBIN=$work nice -n 10 go install -trimpath -ldflags "${ldflags:-} -s -w" "$package") || { rm -rf "$work"; die "building $package failed"; }
  mv "$work/$(basename "${package%@*}")" "$out"; rmdir "$work"
}

# Helm 4 says its version in what it prints and in what it stores.
install_helm() { # FILE
  ldflags="-X helm.sh/helm/v4/internal/version.version=$helm" install_go "$1" "helm.sh/helm/v4/cmd/helm@$helm"
}
