# shellcheck shell=bash
# Controllers that a test may add to a running cluster: the real programs with their own CRDs.

operator_image=localhost/prometheus-config-reloader:1
prometheus_version=3.${prometheus#v0.3} # module 0.3NN.P is Prometheus 3.NN.P
prometheus_image=localhost/prometheus:v$prometheus_version

build_one() { # FILE
  local work; work=$(mktemp -d); cd "$work"
  case $1 in
    argo-rollouts-*) build_upstream "$1" github.com/argoproj/argo-rollouts "$argo_rollouts" cmd/rollouts-controller ;;
    flagger-*) build_upstream "$1" github.com/fluxcd/flagger "$flagger" cmd/flagger ;;
    prometheus-operator-* | prometheus-config-reloader-*)
      local module=github.com/prometheus-operator/prometheus-operator dir name drop=()
      dir=$(module_dir "$module@$prometheus_operator")
      # Its go.mod points at folders of its own repository; the published modules take their place.
      for name in $(sed -n 's/^\s*\(github.com\/prometheus-operator\/\S*\) => \.\/.*/\1/p' "$dir/go.mod"); do drop+=(-dropreplace "$name"); done
      name=${1%"-$prometheus_operator"}
      build_upstream "$1" "$module" "$prometheus_operator" "cmd/${name/prometheus-operator/operator}" "${drop[@]}"
      ;;
    prometheus-* | promtool-*)
      tags=remove_all_sd,enable_kubernetes_sd ldflags="-X github.com/prometheus/common/version.Version=$prometheus_version" \
        build_upstream "$1" github.com/prometheus/prometheus "$prometheus" "cmd/${1%%-*}"
      ;;
  esac
  cd /; rm -rf "$work"
}

# What each controller needs, the programs first.
controller_files() {
  case $1 in
    argo-rollouts) echo "argo-rollouts-$argo_rollouts" ;;
    flagger) echo "flagger-$flagger" ;;
    prometheus-operator)
      echo "prometheus-operator-$prometheus_operator" "prometheus-config-reloader-$prometheus_operator" \
        "prometheus-$prometheus" "promtool-$prometheus" "prometheus-$prometheus.tar" \
        "prometheus-config-reloader-$prometheus_operator.tar" ;;
    *) die "knows prometheus-operator, flagger and argo-rollouts; not '$1'" ;;
  esac
}

build_controller() { # NAME
  local file missing=()
  for file in $(controller_files "$1"); do [ -e "$store/$file" ] || missing+=("$file"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  lock_build
  for file in "${missing[@]}"; do
    [ ! -e "$store/$file" ] || continue
    case $file in
      prometheus-v*.tar) scratch_image "$prometheus_image" "$file" "$store/${file%.tar}" /bin/prometheus ;;
      prometheus-config-reloader-*.tar) scratch_image "$operator_image" "$file" "$store/${file%.tar}" /bin/prometheus-config-reloader ;;
      *) use_go; build_one "$file" ;;
    esac
  done
  unlock_build
}

build_controllers() {
  local name
  for name in prometheus-operator flagger argo-rollouts; do build_controller "$name"; done
}

crds() { # MODULE@VERSION PATH [FLAG] : the CRDs that a module carries, applied
  inside kubectl apply --server-side "${3:--f}" "$(module_dir "$1")/$2" >/dev/null
  inside kubectl wait --for=condition=Established crd --all --timeout=60s >/dev/null
}

add() {
  is_up
  controller_files "$1" >/dev/null
  ! grep -q " $1\$" "$run/pids" || return 0
  build_controller "$1"
  use_go
  case $1 in
    prometheus-operator)
      load "$store/prometheus-$prometheus.tar"
      load "$store/prometheus-config-reloader-$prometheus_operator.tar"
      link "promtool-$prometheus" promtool
      crds "github.com/prometheus-operator/prometheus-operator@$prometheus_operator" example/prometheus-operator-crd
      start prometheus-operator "$store/prometheus-operator-$prometheus_operator" --apiserver https://127.0.0.1:6443 \
        --ca-file "$run/pki/ca.crt" --cert-file "$run/pki/admin.crt" --key-file "$run/pki/admin.key" \
        --web.listen-address 127.0.0.1:8093 --web.enable-tls=false \
        --prometheus-config-reloader "$operator_image" --prometheus-default-base-image localhost/prometheus
      wait_for 30 prometheus-operator inside curl -fs http://127.0.0.1:8093/healthz
      ;;
    flagger)
      crds "github.com/fluxcd/flagger@$flagger" artifacts/flagger/crd.yaml
      start flagger "$store/flagger-$flagger" -kubeconfig "$run/admin.kubeconfig" -mesh-provider gatewayapi:v1 -port 8092 \
        -metrics-server "${METRICS_SERVER:-http://prometheus-operated.monitoring:9090}" -threadiness 2
      wait_for 30 flagger inside curl -fs http://127.0.0.1:8092/healthz
      ;;
    argo-rollouts)
      crds "github.com/argoproj/argo-rollouts@$argo_rollouts" manifests/crds -k
      start argo-rollouts env KUBECONFIG="$run/admin.kubeconfig" "$store/argo-rollouts-$argo_rollouts" \
        --kubeconfig "$run/admin.kubeconfig" --leader-elect=false --metricsport 8090 --healthzPort 8091
      wait_for 30 argo-rollouts inside curl -fs http://127.0.0.1:8091/healthz
      ;;
  esac
}
