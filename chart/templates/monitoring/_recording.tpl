{{/* Rates, ratios and percentiles, for each track and for the fleet. A ratio without requests is absent, not NaN. */}}
{{- define "canary-demo.recordingRules" -}}
{{- $series := include "canary-demo.series" . -}}
{{- $release := .Release.Name -}}
{{- $scopes := list (dict "scope" "track" "by" "namespace, track") (dict "scope" "fleet" "by" "namespace") -}}
- name: {{ include "canary-demo.fullname" . }}.recording
  rules:
    - record: canary_demo:requests_by_version:rate5m
      expr: sum by (namespace, track, version) (rate(http_requests_total{ {{- $series }}}[5m]))
      labels: {release: {{ $release }}}
    {{- range $scopes }}
    - record: canary_demo:requests:rate5m
      expr: sum by ({{ .by }}) (rate(http_requests_total{ {{- $series }}}[5m]))
      labels: {release: {{ $release }}, scope: {{ .scope }}}
    - record: canary_demo:errors:rate5m
      expr: sum by ({{ .by }}) (rate(http_requests_total{ {{- $series }},code=~"5.."}[5m]))
      labels: {release: {{ $release }}, scope: {{ .scope }}}
    - record: canary_demo:latency_seconds:p99_rate5m
      expr: histogram_quantile(0.99, sum by ({{ .by }}, le) (rate(http_request_duration_seconds_bucket{ {{- $series }}}[5m])) > 0)
      labels: {release: {{ $release }}, scope: {{ .scope }}}
    {{- end }}
    {{- range $window := list "5m" "30m" "1h" "2h" "6h" "1d" "3d" }}
    {{- range $scopes }}
    - record: canary_demo:error_ratio:rate{{ $window }}
      expr: |-
        sum by ({{ .by }}) (rate(http_requests_total{ {{- $series }},code=~"5.."}[{{ $window }}]))
        / (sum by ({{ .by }}) (rate(http_requests_total{ {{- $series }}}[{{ $window }}])) > 0)
      labels: {release: {{ $release }}, scope: {{ .scope }}}
    {{- end }}
    {{- end }}
    - record: canary_demo:budget_left:ratio
      expr: |-
        1 - sum_over_time(canary_demo:errors:rate5m{namespace="{{ .Release.Namespace }}",release="{{ $release }}",scope="fleet"}[{{ .Values.monitoring.slo.windowDays }}d])
        / (sum_over_time(canary_demo:requests:rate5m{namespace="{{ .Release.Namespace }}",release="{{ $release }}",scope="fleet"}[{{ .Values.monitoring.slo.windowDays }}d]) > 0)
        / {{ include "canary-demo.allowedErrors" . }}
      labels: {release: {{ $release }}}
    {{- if .Values.canary.enabled }}
    - record: canary_demo:canary_weight_observed:ratio
      expr: |-
        sum by (namespace) (rate(http_requests_total{ {{- $series }},track="canary"}[5m]))
        / (sum by (namespace) (rate(http_requests_total{ {{- $series }}}[5m])) > 0)
      labels: {release: {{ $release }}}
    {{- if and (eq .Values.traffic.driver "helm") (ne .Values.traffic.router "none") }}
    - record: canary_demo:canary_weight_set:ratio
      expr: vector({{ divf (float64 .Values.canary.weight) 100 }})
      labels: {release: {{ $release }}, namespace: {{ .Release.Namespace }}}
    {{- else if eq .Values.traffic.driver "flagger" }}
    - record: canary_demo:canary_weight_set:ratio
      expr: max(flagger_canary_weight{workload="{{ include "canary-demo.fullname" . }}",exported_namespace="{{ .Release.Namespace }}"} or flagger_canary_weight{workload="{{ include "canary-demo.fullname" . }}",exported_namespace="",namespace="{{ .Release.Namespace }}"}) / 100
      labels: {release: {{ $release }}, namespace: {{ .Release.Namespace }}}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* The share of requests that may fail: 99.9 is 0.001. */}}
{{- define "canary-demo.allowedErrors" -}}
{{- round (divf (subf 100 (float64 .Values.monitoring.slo.objective)) 100) 9 -}}
{{- end -}}
