# shellcheck shell=bash
# The node's network, certificates and configuration files.

make_network() {
  printf 'nameserver %s\nsearch svc.cluster.local cluster.local\noptions ndots:3\n' "$node_ip" >"$run/resolv.conf"
  ip netns add "$netns"
  inside ip link set lo up
  inside ip link add node0 type veth peer name node0p
  inside ip addr add "$node_ip/24" dev node0
  inside ip link set node0 up
  inside ip link set node0p up
  inside ip route add default via 10.90.0.254 dev node0 # leads nowhere: the cluster has no way out
  inside sysctl -qw net.ipv4.ip_forward=1
}

certificate() { # NAME SUBJECT : key, certificate and kubeconfig
  local names="DNS:localhost,DNS:node,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$node_ip,IP:10.96.0.1"
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" 2>/dev/null \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names")
  cat >"$run/$1.kubeconfig" <<Y
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443", certificate-authority: $run/pki/ca.crt}}]
users: [{name: u, user: {client-certificate: $run/pki/$1.crt, client-key: $run/pki/$1.key}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
Y
}

make_pki() (
  mkdir -p "$run/pki"; cd "$run/pki"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=canary-cluster \
    -addext basicConstraints=critical,CA:TRUE 2>/dev/null
  certificate apiserver /CN=kube-apiserver
  certificate admin /O=system:masters/CN=admin
  certificate kubelet /O=system:nodes/CN=system:node:node
  certificate controllers /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate proxy /CN=system:kube-proxy
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
)

write_config() {
  mkdir -p "$run/cni" "$run/containerd"
  cat >"$run/cni/10-pods.conflist" <<J
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$run/ipam"}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
J
  # restrict_oom_score_adj: works where root lacks CAP_SYS_RESOURCE.
  cat >"$run/containerd.toml" <<T
version = 2
root = "$run/containerd/root"
state = "$run/containerd/state"
[grpc]
  address = "$run/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$run/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/cni"
T
  cat >"$run/kubelet.yaml" <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $run/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $run/pki/kubelet.crt
tlsPrivateKeyFile: $run/pki/kubelet.key
cgroupDriver: cgroupfs
cgroupRoot: /
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
localStorageCapacityIsolation: false
clusterDNS: [$node_ip]
clusterDomain: cluster.local
resolvConf: $run/resolv.conf
containerRuntimeEndpoint: unix://$run/containerd.sock
podLogsDir: $run/pods
evictionHard: {memory.available: 100Mi}
imageGCHighThresholdPercent: 100
syncFrequency: 5s
configMapAndSecretChangeDetectionStrategy: Get
Y
  cat >"$run/Corefile" <<C
.:53 {
  bind $node_ip
  kubernetes cluster.local {
    kubeconfig $run/admin.kubeconfig
  }
  errors
}
C
}
