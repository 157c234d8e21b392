{{/* One alert. Takes root, name, severity, for, expr, summary, description; texts may hold Prometheus' own templates. */}}
{{- define "canary-demo.alert" -}}
- alert: {{ .name }}
  expr: |-
    {{- .expr | nindent 4 }}
  for: {{ .for }}
  labels:
    severity: {{ .severity }}
    release: {{ .root.Release.Name }}
    namespace: {{ .root.Release.Namespace }}
    {{- with .root.Values.monitoring.rules.alertLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    summary: {{ .summary | quote }}
    description: {{ .description | quote }}
    {{- with .root.Values.monitoring.rules.runbookUrl }}
    runbook_url: {{ . | quote }}
    {{- end }}
{{- end -}}

{{- define "canary-demo.recorded" -}}
namespace="{{ .Release.Namespace }}",release="{{ .Release.Name }}"
{{- end -}}

{{/* The error budget: four pairs of windows, for the fleet and for each track, because a small canary that burns is
     not seen in the fleet's mean. */}}
{{- define "canary-demo.budgetAlerts" -}}
{{- $root := . -}}
{{- $mine := include "canary-demo.recorded" . -}}
{{- $allowed := include "canary-demo.allowedErrors" . -}}
{{- $pairs := list
  (dict "long" "1h" "short" "5m" "factor" "14.4" "severity" "critical" "for" "1m")
  (dict "long" "6h" "short" "30m" "factor" "6" "severity" "critical" "for" "1m")
  (dict "long" "1d" "short" "2h" "factor" "3" "severity" "warning" "for" "5m")
  (dict "long" "3d" "short" "6h" "factor" "1" "severity" "warning" "for" "5m") -}}
- name: {{ include "canary-demo.fullname" . }}.budget
  rules:
    {{- range $scope := list "Fleet" "Track" }}
    {{- $who := ternary "The service" "Track {{ $labels.track }}" (eq $scope "Fleet") }}
    {{- range $pairs }}
    {{- $at := printf "%s,scope=\"%s\"" $mine (lower $scope) }}
    {{- $expr := printf "canary_demo:error_ratio:rate%s{%s} > %s * %s\nand canary_demo:error_ratio:rate%s{%s} > %s * %s" .long $at .factor $allowed .short $at .factor $allowed }}
    {{- include "canary-demo.alert" (dict "root" $root "name" (printf "CanaryDemo%sBudgetBurn%s" $scope .long) "severity" .severity "for" .for "expr" $expr
      "summary" (printf "%s burns its error budget more than %s times too fast" $who .factor)
      "description" (printf "%s failed {{ $value | humanizePercentage }} of its requests over %s, and still does over %s. The objective is %v %%." $who .long .short $root.Values.monitoring.slo.objective)) | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- include "canary-demo.alert" (dict "root" . "name" "CanaryDemoBudgetSpent" "severity" "warning" "for" "5m"
      "expr" (printf "canary_demo:budget_left:ratio{%s} <= 0" $mine)
      "summary" "The error budget is spent"
      "description" (printf "Over %v days more requests failed than an objective of %v %% allows: {{ $value | humanizePercentage }} of the budget is left. Hold risky releases." .Values.monitoring.slo.windowDays .Values.monitoring.slo.objective)) | nindent 4 }}
{{- end -}}

{{/* What compares the tracks, and what notices that there is nothing to compare. */}}
{{- define "canary-demo.trackAlerts" -}}
{{- $root := . -}}
{{- $series := include "canary-demo.series" . -}}
{{- $mine := include "canary-demo.recorded" . -}}
{{- $rules := .Values.monitoring.rules -}}
{{- $stable := printf "{%s,scope=\"track\",track=\"stable\"}" $mine -}}
{{- $canary := printf "{%s,scope=\"track\",track=\"canary\"}" $mine -}}
{{- $enough := printf "canary_demo:requests:rate5m%s * 300 >= %d" $canary (int $rules.minCanaryRequests) -}}
{{- $runs := and .Values.canary.enabled (gt (int .Values.canary.replicaCount) 0) -}}
- name: {{ include "canary-demo.fullname" . }}.tracks
  rules:
    {{- if $runs }}
    {{- include "canary-demo.alert" (dict "root" . "name" "CanaryDemoCanaryErrorsAboveStable" "severity" "critical" "for" "1m"
      "expr" (printf "canary_demo:error_ratio:rate5m%s > %v\nand ignoring(track) canary_demo:error_ratio:rate5m%s > ignoring(track) %v * canary_demo:error_ratio:rate5m%s\nand ignoring(track) canary_demo:error_ratio:rate5m%s - ignoring(track) canary_demo:error_ratio:rate5m%s > %v\nand %s"
        $canary $rules.errorRatioMargin $canary $rules.errorRatioFactor $stable $canary $stable $rules.errorRatioMargin $enough)
      "summary" "The canary fails more requests than stable"
      "description" (printf "The canary fails {{ $value | humanizePercentage }} of its requests, more than %v times stable's share. Take its weight back: helm upgrade --reuse-values --set canary.weight=0" $rules.errorRatioFactor)) | nindent 4 }}
    {{- include "canary-demo.alert" (dict "root" . "name" "CanaryDemoCanarySlowerThanStable" "severity" "warning" "for" "5m"
      "expr" (printf "canary_demo:latency_seconds:p99_rate5m%s > ignoring(track) %v * canary_demo:latency_seconds:p99_rate5m%s\nand ignoring(track) %s" $canary $rules.latencyFactor $stable $enough)
      "summary" "The canary is slower than stable"
      "description" (printf "The canary's 99th percentile is {{ $value | humanizeDuration }}, more than %v times stable's." $rules.latencyFactor)) | nindent 4 }}
    {{- if and (eq .Values.traffic.driver "helm") (gt (int .Values.canary.weight) 0) }}
    {{- include "canary-demo.alert" (dict "root" . "name" "CanaryDemoCanaryWithoutTraffic" "severity" "warning" "for" "5m"
      "expr" (printf "canary_demo:requests:rate5m%s == 0\nand ignoring(track) canary_demo:requests:rate5m%s * 300 >= %d" $canary $stable (int $rules.minCanaryRequests))
      "summary" "The canary gets no traffic"
      "description" (printf "Stable serves requests, the canary none, though its weight is %d %%. Look at the route and at the canary's endpoints." (int .Values.canary.weight))) | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- range $track := include "canary-demo.checkedTracks" . | fromJsonArray }}
    {{- include "canary-demo.alert" (dict "root" $root "name" (printf "CanaryDemo%sMetricsAbsent" (title $track)) "severity" "warning" "for" "5m"
      "expr" (printf "absent(http_requests_total{%s,track=%q})" $series $track)
      "summary" (printf "No metrics of track %s" $track)
      "description" (printf "No pod of track %s is scraped: no pods, no ServiceMonitor selected, or a NetworkPolicy in between." $track)) | nindent 4 }}
    {{- end }}
    {{- include "canary-demo.alert" (dict "root" . "name" "CanaryDemoPodNotScraped" "severity" "warning" "for" "5m"
      "expr" (printf "up{%s} == 0" $series)
      "summary" "A pod's metrics cannot be read"
      "description" "Pod {{ $labels.kubernetes_pod_name }} has not answered a scrape for five minutes.") | nindent 4 }}
    {{- range include "canary-demo.gatewaySeries" . | fromJsonArray }}
    {{- include "canary-demo.alert" (dict "root" $root "name" (printf "CanaryDemo%sErrors" .name) "severity" "critical" "for" "2m"
      "expr" (printf "(%s - (sum(canary_demo:errors:rate5m{%s,scope=\"fleet\"}) or vector(0)))\n/ (%s > 0) > %v" .errors $mine .all $root.Values.monitoring.gatewayErrorRatio)
      "summary" (printf "%s answers errors that no pod gave" .name)
      "description" (printf "%s failed {{ $value | humanizePercentage }} of this release's requests itself (502, 503, 504): no ready endpoint, refused or cut connections. The pods do not see these." .name)) | nindent 4 }}
    {{- end }}
{{- end -}}
