# shellcheck shell=bash
# Where things are, and how a process gets into the cluster's network.
tools=$(cd "$here/../tools" && pwd)
source "$tools/versions.sh"
source "$tools/go.sh"

cache=${CANARY_CACHE:-$HOME/.cache/canary}/cluster
store=$cache/bin                          # what was compiled, each file named with its version
helm_program=$(dirname "$cache")/chart-tools/helm-$helm # one Helm for all tests
run=${CLUSTER_RUN:-/run/canary-cluster}
bin=$run/bin                              # the running cluster's programs, under their plain names
netns=canary-cluster
node_ip=10.90.0.1
pod_cidr=10.85.0.0/16
service_cidr=10.96.0.0/16

say() { echo "cluster: $*" >&2; }
die() { say "$*"; exit 1; }
is_up() { [ -e "/run/netns/$netns" ] && [ -d "$run" ] || die "is not up: run 'cluster up' first"; }

# Two mounts make a process at home in the namespace: its resolver, and nothing else of the host's changed.
with_dns='mount --bind "$0" /etc/resolv.conf && exec "$@"'

inside() {
  nsenter --net="/run/netns/$netns" unshare --mount sh -c "$with_dns" "$run/resolv.conf" \
    env KUBECONFIG="$run/admin.kubeconfig" PATH="$bin:$PATH" "$@"
}

start() { # NAME CMD... : a background process in the namespace, remembered for `down`
  local name=$1; shift
  case $name in # these two must share the host's mounts, because pods are mounted by them
    containerd | kubelet) (cd "$run" && exec nsenter --net="/run/netns/$netns" setsid "$@") >"$run/log/$name.log" 2>&1 </dev/null 8>&- & ;;
    *) (cd "$run" && exec nsenter --net="/run/netns/$netns" setsid unshare --mount sh -c "$with_dns" "$run/resolv.conf" "$@") \
      >"$run/log/$name.log" 2>&1 </dev/null 8>&- & ;;
  esac
  echo "$! $name" >>"$run/pids"
}

wait_for() { # SECONDS WHAT CMD...
  local tries=$(($1 * 4)) what=$2 i; shift 2
  for ((i = 0; i < tries; i++)); do "$@" >/dev/null 2>&1 && return; sleep 0.25; done
  say "$what did not come up in $((tries / 4)) s; the end of its log:"
  tail -n 15 "$run/log/$what.log" >&2 2>/dev/null || true
  die "all logs are in $run/log"
}

link() { ln -sfn "$store/$1" "$bin/$2"; } # FILE NAME
