# shellcheck shell=bash
# Starts and stops the node.
source "$here/lib/config.sh"

up() {
  [ "$(id -u)" = 0 ] || die "needs root"
  [ ! -e "/run/netns/$netns" ] || die "is up already, or another one runs on this machine"
  build_node
  local program
  mkdir -p "$run/log" "$bin"; : >"$run/pids"
  [ -e /var/lib/cni ] || touch "$run/made-cni" # the results of CNI calls, which containerd keeps there
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do link "kube-$kube_key" "$program"; done
  ln -sfn "$helm_program" "$bin/helm"
  make_network; make_pki; write_config

  start etcd "$bin/etcd" --data-dir "$run/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 \
    --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
  start apiserver "$bin/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --advertise-address "$node_ip" \
    --secure-port 6443 --client-ca-file "$run/pki/ca.crt" --tls-cert-file "$run/pki/apiserver.crt" --tls-private-key-file "$run/pki/apiserver.key" \
    --service-account-key-file "$run/pki/sa.pub" --service-account-signing-key-file "$run/pki/sa.key" \
    --service-account-issuer https://kubernetes.default.svc --service-cluster-ip-range "$service_cidr" --kubelet-preferred-address-types InternalIP \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --kubelet-client-certificate "$run/pki/admin.crt" --kubelet-client-key "$run/pki/admin.key"
  start containerd containerd -c "$run/containerd.toml"
  wait_for 120 apiserver inside kubectl get --raw /readyz
  start controllers "$bin/kube-controller-manager" --kubeconfig "$run/controllers.kubeconfig" \
    --use-service-account-credentials --service-account-private-key-file "$run/pki/sa.key" --root-ca-file "$run/pki/ca.crt" \
    --cluster-signing-cert-file "$run/pki/ca.crt" --cluster-signing-key-file "$run/pki/ca.key" --leader-elect=false
  start scheduler "$bin/kube-scheduler" --kubeconfig "$run/scheduler.kubeconfig" --leader-elect=false
  wait_for 60 containerd ctr -a "$run/containerd.sock" version
  load "$store/pause-1.tar"
  start kubelet "$bin/kubelet" --config "$run/kubelet.yaml" --kubeconfig "$run/kubelet.kubeconfig" \
    --hostname-override node --node-ip "$node_ip" --root-dir "$run/kubelet"
  start proxy "$bin/kube-proxy" --kubeconfig "$run/proxy.kubeconfig" --hostname-override node --cluster-cidr "$pod_cidr" \
    --proxy-mode iptables --conntrack-max-per-core 0 --oom-score-adj 0
  start coredns "$store/coredns-$coredns" -conf "$run/Corefile"
  inside kubectl apply --server-side -f "$store/gateway-api-$gateway_api" >/dev/null
  inside kubectl wait --for=condition=Established crd --all --timeout=60s >/dev/null
  inside kubectl apply --server-side -f "$here/manifests/classes.yaml" >/dev/null
  start traefik env KUBECONFIG="$run/admin.kubeconfig" "$store/traefik-$traefik" --providers.kubernetesgateway \
    --providers.kubernetesingressnginx --entrypoints.web.address=:80 --ping --entrypoints.traefik.address=0.0.0.0:8099 \
    --accesslog --accesslog.filters.statuscodes=502-504 --accesslog.filepath="$run/log/traefik-errors.log" \
    --metrics.prometheus --metrics.prometheus.addrouterslabels --metrics.prometheus.addserviceslabels \
    --global.checknewversion=false --global.sendanonymoususage=false
  wait_for 60 kubelet inside sh -c "kubectl get node node -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].status}' | grep -q True"
  wait_for 60 traefik inside curl -fs http://127.0.0.1:8099/ping
  say "up: Kubernetes $kubernetes, gateway at 127.0.0.1:80 inside the network namespace $netns"
}

down() {
  [ -e "/run/netns/$netns" ] || [ -d "$run" ] || return 0
  # The kubelet must not restart what is ended here; then containerd's shims and what they run; then the rest.
  local pids=() pid signal i
  [ -f "$run/pids" ] && mapfile -t pids < <(sort -k2,2 "$run/pids" | awk '$2 == "kubelet" { print $1 }')
  kill -s KILL "${pids[@]}" 2>/dev/null || true
  pids=()
  [ -e "/run/netns/$netns" ] && for pid in $(ctr -a "$run/containerd.sock" -n k8s.io tasks list 2>/dev/null | awk 'NR > 1 { print $2 }'); do
    kill -s KILL "$pid" 2>/dev/null || true
  done
  [ -f "$run/pids" ] && mapfile -t pids < <(awk '{ print $1 }' "$run/pids")
  for signal in TERM KILL; do
    kill -s "$signal" "${pids[@]}" 2>/dev/null || true
    for ((i = 0; i < 12; i++)); do kill -s 0 "${pids[@]}" 2>/dev/null || break; sleep 0.25; done
  done
  for pid in $(pgrep -f "containerd-shim.*$run" || true); do kill -s KILL "$pid" 2>/dev/null || true; done
  # Pods' network namespaces are those that the bridge gave an address of ours.
  for i in $(ip netns list | awk '/^cni-/ { print $1 }'); do
    ! ip -n "$i" -4 -o addr show 2>/dev/null | grep -qF " ${pod_cidr%.*.*}." || ip netns del "$i"
  done
  # Whatever is left in the namespace was started by a test.
  for pid in $(ip netns pids "$netns" 2>/dev/null || true); do kill -s KILL "$pid" 2>/dev/null || true; done
  grep -F " $run/" /proc/mounts | awk '{ print $2 }' | sort -r | while read -r at; do umount -l "$at" 2>/dev/null || true; done
  [ ! -e "$run/made-cni" ] || rm -rf /var/lib/cni
  find /var/log/containers -maxdepth 1 -lname "$run/*" -delete 2>/dev/null || true
  rmdir /var/log/containers 2>/dev/null || true
  for i in /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods; do
    [ ! -d "$i" ] || find "$i" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  ip netns del "$netns" 2>/dev/null || true
  rm -rf "$run"
}

load() { # ARCHIVE [REFERENCE...]
  is_up
  local archive=$1 first reference; shift
  first=$(ctr -a "$run/containerd.sock" -n k8s.io images import "$archive" | sed -n 's/^unpacking \(\S*\) .*/\1/p' | head -1)
  for reference in "$@"; do
    [ "$reference" = "$first" ] || ctr -a "$run/containerd.sock" -n k8s.io images tag --force "$first" "$reference" >/dev/null
  done
}

logs() { # FOLDER
  is_up
  mkdir -p "$1"
  cp -r "$run/log" "$1/components"
  [ ! -d "$run/pods" ] || cp -rL "$run/pods" "$1/pods" 2>/dev/null || true
  inside kubectl get all,events,configmaps,httproutes,ingresses -A -o wide >"$1/objects.txt" 2>&1 || true
  inside kubectl describe pods -A >"$1/pods.txt" 2>&1 || true
}
