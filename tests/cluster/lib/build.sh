# shellcheck shell=bash
# Compiles the node's programs from Go modules. Each is kept under its version, appears only when whole, and is built
# again only when its version or its recipe changes.

kube_key=$kubernetes-$(cat "$here"/kube/* | sha256sum | cut -c1-8)

lock_build() { mkdir -p "$store"; exec 7>"$store/.lock"; flock 7; }
unlock_build() { exec 7>&-; }

# Build PACKAGE of a module that must be built under its own requirements: its go.mod becomes ours.
# The current folder is the build folder, so callers may lay replacements into it first.
build_upstream() { # FILE MODULE VERSION PACKAGE [go mod edit flags...]
  local file=$1 module=$2 version=$3 package=$4 dir; shift 4
  say "building $module/$package $version (once)"
  dir=$(module_dir "$module@$version")
  install -m 644 "$dir/go.mod" "$dir/go.sum" .
  go mod edit -module cluster.test/build -require "$module@$version" "$@"
  GOFLAGS=-mod=mod nice -n 10 go build -trimpath -tags "${tags:-}" -ldflags "-s -w ${ldflags:-}" -o "$store/$file.part" "$module/$package" ||
    die "building $module/$package failed"
  mv "$store/$file.part" "$store/$file"
}

build_kube() {
  local v='-X k8s.io/component-base/version.git'
  say "building Kubernetes $kubernetes (once; minutes)"
  (cd "$here/kube" && nice -n 10 go build -trimpath -o "$store/kube-$kube_key.part" -ldflags \
    "-s -w ${v}Version=$kubernetes ${v}Major=1 ${v}Minor=$(cut -d. -f2 <<<"$kubernetes")" .) || die "building Kubernetes failed"
  mv "$store/kube-$kube_key.part" "$store/kube-$kube_key"
}

# Traefik without its certificate providers: not all of their SDKs are on the module proxy.
build_traefik() {
  local work; work=$(mktemp -d)
  cp -r "$here/traefik/ext" "$work"
  cp -r "$(module_dir "github.com/go-acme/lego/v5@$lego")" "$work/lego"; chmod -R u+w "$work/lego"
  rm "$work"/lego/providers/dns/*.go; cp "$here/traefik/nodns.go.txt" "$work/lego/providers/dns/nodns.go"
  (cd "$work" && build_upstream "traefik-$traefik" github.com/traefik/traefik/v3 "$traefik" cmd/traefik \
    -replace github.com/traefik/traefik/dynamic/ext=./ext -replace github.com/go-acme/lego/v5=./lego \
    -replace github.com/abbot/go-http-auth=github.com/containous/go-http-auth@v0.4.1-0.20200324110947-a37a7636d23e \
    -replace github.com/yandex-cloud/go-genproto=github.com/yandex-cloud/go-genproto@v0.116.0)
  rm -rf "$work"
}

# An image of one static program; containerd imports the archive.
scratch_image() { # NAME:TAG FILE PROGRAM PATH-IN-IMAGE
  local work; work=$(mktemp -d)
  cp "$3" "$work/program"
  printf '%s\n' 'FROM scratch' "COPY program $4" "ENTRYPOINT [\"$4\"]" >"$work/Dockerfile"
  local storage=(buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run")
  "${storage[@]}" build --isolation chroot -q -t "$1" "$work" >/dev/null
  rm -f "$store/$2.part"
  "${storage[@]}" push -q "$1" "oci-archive:$store/$2.part:$1"
  mv "$store/$2.part" "$store/$2"
  rm -rf "$work"
}

# Kubernetes' pause: it holds a pod's namespaces and reaps nothing.
build_pause() {
  local work; work=$(mktemp -d)
  printf '%s\n' '#include <signal.h>' '#include <unistd.h>' 'static void quit(int s) { _exit(s == SIGTERM ? 0 : 1); }' \
    'int main(void) { signal(SIGTERM, quit); signal(SIGINT, quit); for (;;) pause(); }' >"$work/pause.c"
  cc -static -Os -o "$work/pause" "$work/pause.c"
  scratch_image localhost/pause:1 pause-1.tar "$work/pause" /pause
  rm -rf "$work"
}

build_gateway_api() {
  rm -rf "$store/gateway-api.part"
  cp -r --no-preserve=mode "$(module_dir "sigs.k8s.io/gateway-api@$gateway_api")/config/crd/standard" "$store/gateway-api.part"
  mv "$store/gateway-api.part" "$store/gateway-api-$gateway_api"
}

build_node() {
  lock_build
  local files=("kube-$kube_key" "coredns-$coredns" "traefik-$traefik" "gateway-api-$gateway_api" pause-1.tar) file missing=()
  for file in "${files[@]}"; do [ -e "$store/$file" ] || missing+=("$file"); done
  [ -x "$helm_program" ] || missing+=(helm)
  if [ ${#missing[@]} -gt 0 ]; then
    use_go
    for file in "${missing[@]}"; do
      case $file in
        kube-*) build_kube ;;
        coredns-*) install_go "$store/$file" "github.com/coredns/coredns@$coredns" ;;
        helm) # the chart's tests build the same one, perhaps now
          mkdir -p "$(dirname "$helm_program")"
          (flock 9; [ -x "$helm_program" ] || install_helm "$helm_program") 9>"$(dirname "$helm_program")/.lock" ;;
        traefik-*) build_traefik ;;
        gateway-api-*) build_gateway_api ;;
        pause-*) build_pause ;;
      esac
    done
  fi
  unlock_build
}
