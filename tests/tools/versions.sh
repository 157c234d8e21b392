# shellcheck shell=bash disable=SC2034
# The pinned versions of every program that the tests build from Go modules. Sourced by chart-tools and by the cluster.
go_version=1.26.8 # argo-rollouts asks for 1.26.1 or newer
helm=v4.3.1
helm3=v3.22.0
kubeconform=v0.8.0
kubernetes=v1.34.4
gateway_api=v1.6.1
prometheus_operator=v0.85.0
prometheus=v0.316.0 # the module of Prometheus 3.16.0
flagger=v1.36.1
argo_rollouts=v1.10.0
coredns=v1.14.6
traefik=v3.7.13
lego=v5.4.1
