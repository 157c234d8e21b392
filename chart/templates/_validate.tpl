{{/* What the schema cannot say. Each message names the value, what is wrong with it and what to do. */}}
{{- define "canary-demo.validate" -}}
{{- $v := .Values -}}
{{- $router := $v.traffic.router -}}
{{- $driver := $v.traffic.driver -}}
{{- $controller := ne $driver "helm" -}}

{{- if and (eq $router "none") $controller -}}
{{- fail (printf "traffic.driver %q moves a weight, and traffic.router \"none\" has none: choose traffic.router gateway or nginx, or traffic.driver helm" $driver) -}}
{{- end -}}
{{- if and (eq $router "gateway") (eq $driver "argo-rollouts") -}}
{{- fail "traffic.driver \"argo-rollouts\" works with traffic.router nginx only: for Gateway API, Argo Rollouts needs a plugin that this chart does not configure" -}}
{{- end -}}
{{- if and $controller (not $v.canary.enabled) -}}
{{- fail (printf "canary.enabled=false cannot go with traffic.driver %q, which makes the canary itself: use traffic.driver helm" $driver) -}}
{{- end -}}
{{- if and $controller (lt (int $v.canary.replicaCount) 1) -}}
{{- fail (printf "canary.replicaCount is 0, but traffic.driver %q needs at least 1 pod to try a version on" $driver) -}}
{{- end -}}
{{- if and (not $controller) $v.canary.enabled (gt (int $v.canary.weight) 0) -}}
{{- if eq $router "none" -}}
{{- fail (printf "canary.weight is %d, but traffic.router \"none\" cannot split traffic: set canary.weight=0 or choose traffic.router gateway or nginx" (int $v.canary.weight)) -}}
{{- end -}}
{{- if eq (int $v.canary.replicaCount) 0 -}}
{{- fail (printf "canary.weight is %d, but canary.replicaCount is 0: these requests would fail. Set canary.weight=0 or canary.replicaCount to 1 or more" (int $v.canary.weight)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $router "gateway") (not $v.traffic.gateway.parentRefs) -}}
{{- fail "traffic.gateway.parentRefs is empty: name the Gateway that the route attaches to, as [{name: ..., namespace: ...}]" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas (%d) is above autoscaling.maxReplicas (%d)" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- end -}}

{{- range $track := list "stable" "canary" -}}
{{- $at := dict "root" $ "track" $track -}}
{{- $settings := include "canary-demo.settings" $at | fromJson -}}
{{- if eq (int $settings.httpPort) (int $settings.adminPort) -}}
{{- fail (printf "httpPort and adminPort of %s are both %d: they need two ports" $track (int $settings.httpPort)) -}}
{{- end -}}
{{- $handler := default "15s" $settings.handlerTimeout -}}
{{- if gt (include "canary-demo.milliseconds" $handler | int64) (include "canary-demo.milliseconds" $settings.drainTimeout | int64) -}}
{{- fail (printf "handlerTimeout of %s (%s) is above its drainTimeout (%s): a stopping pod would cut requests that it still may answer" $track $handler $settings.drainTimeout) -}}
{{- end -}}
{{- $version := include "canary-demo.version" $at -}}
{{- if not (regexMatch "^[A-Za-z0-9._+-]{1,64}$" $version) -}}
{{- fail (printf "the version of %s, %q, is not 1 to 64 characters of A-Z a-z 0-9 . _ + -: set config.%s.appVersion" $track $version $track) -}}
{{- end -}}
{{- end -}}
{{- if gt (include "canary-demo.milliseconds" $v.monitoring.scrapeTimeout | int64) (include "canary-demo.milliseconds" $v.monitoring.interval | int64) -}}
{{- fail (printf "monitoring.scrapeTimeout (%s) is above monitoring.interval (%s)" $v.monitoring.scrapeTimeout $v.monitoring.interval) -}}
{{- end -}}
{{- if and $v.judge.enabled $controller (eq $v.judge.source "scrape") -}}
{{- fail (printf "judge.source is scrape, but the judge's webhook for traffic.driver %q works from Prometheus' history: set judge.source=prometheus" $driver) -}}
{{- end -}}
{{- if and $v.judge.enabled (eq $driver "flagger") (eq $v.judge.onInconclusive "rollback") -}}
{{- fail "judge.onInconclusive is rollback, but Flagger waits for a verdict as long as it takes: leave it at keep, or choose another traffic.driver" -}}
{{- end -}}
{{- range $name, $least := dict "interval" 100 "deadline" 1000 -}}
{{- if lt (include "canary-demo.milliseconds" (index $v.judge $name) | int64) (int64 $least) -}}
{{- fail (printf "judge.%s is %s: expected at least %dms" $name (index $v.judge $name) $least) -}}
{{- end -}}
{{- end -}}
{{- include "canary-demo.validateCluster" . -}}
{{- end -}}

{{/* What only a cluster can tell. `apiregistration.k8s.io` is in every cluster and not in what Helm assumes without one. */}}
{{- define "canary-demo.validateCluster" -}}
{{- $v := .Values -}}
{{- $apis := .Capabilities.APIVersions -}}
{{- if .Release.IsUpgrade -}}
{{- $live := lookup "v1" "Service" .Release.Namespace (printf "%s-metrics" (include "canary-demo.fullname" .)) -}}
{{- $was := dig "metadata" "labels" "canary-demo/driver" "" $live -}}
{{- if and $was (ne $was $v.traffic.driver) -}}
{{- fail (printf "release %s runs with traffic.driver %q and cannot change to %q in place: pods, Services and routes would change hands while they serve. Steps: (1) install a second release with traffic.driver %s and another name beside it; (2) send it the traffic (traffic.hosts, DNS or the gateway); (3) helm uninstall %s" .Release.Name $was $v.traffic.driver $v.traffic.driver .Release.Name) -}}
{{- end -}}
{{- end -}}
{{- if $apis.Has "apiregistration.k8s.io/v1" -}}
{{- if and $v.monitoring.enabled (not (and ($apis.Has "monitoring.coreos.com/v1/ServiceMonitor") ($apis.Has "monitoring.coreos.com/v1/PrometheusRule"))) -}}
{{- fail "this cluster does not know ServiceMonitor and PrometheusRule (monitoring.coreos.com/v1): install the Prometheus operator first, or set monitoring.enabled=false" -}}
{{- end -}}
{{- if and (eq $v.traffic.router "gateway") (not ($apis.Has "gateway.networking.k8s.io/v1/HTTPRoute")) -}}
{{- fail "this cluster does not know HTTPRoute (gateway.networking.k8s.io/v1): install the Gateway API first, or set traffic.router to nginx or none" -}}
{{- end -}}
{{- if and (eq $v.traffic.driver "flagger") (not ($apis.Has "flagger.app/v1beta1/Canary")) -}}
{{- fail "this cluster does not know Canary (flagger.app/v1beta1): install Flagger first, or set traffic.driver=helm" -}}
{{- end -}}
{{- if and (eq $v.traffic.driver "argo-rollouts") (not ($apis.Has "argoproj.io/v1alpha1/Rollout")) -}}
{{- fail "this cluster does not know Rollout (argoproj.io/v1alpha1): install Argo Rollouts first, or set traffic.driver=helm" -}}
{{- end -}}
{{- end -}}
{{- end -}}
