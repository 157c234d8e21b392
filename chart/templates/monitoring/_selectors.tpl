{{/* Series of this release's pods, and only theirs: the operator names the job after the metrics Service. */}}
{{- define "canary-demo.series" -}}
{{- $full := include "canary-demo.fullname" . -}}
namespace="{{ .Release.Namespace }}",job=~"{{ $full }}(-canary)?-metrics"
{{- end -}}

{{/* Labels of a monitoring object: the chart's, and those by which it is selected. */}}
{{- define "canary-demo.monitoringLabels" -}}
{{ include "canary-demo.labels" . }}
{{- with .Values.monitoring.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Requests at the gateway that belong to this release: a list in JSON of {name, all, errors}. */}}
{{- define "canary-demo.gatewaySeries" -}}
{{- $full := include "canary-demo.fullname" . -}}
{{- $ns := .Release.Namespace -}}
{{- $list := list -}}
{{- if ne .Values.traffic.router "none" -}}
{{- range .Values.monitoring.gatewayMetrics -}}
{{- if eq . "traefik" -}}
{{- $series := printf "traefik_service_requests_total{service=~\"(httproute-%s-%s-gw-.+|%s-%s-%s-%d(-canary)?)(@.+)?\"" $ns $full $ns $full $full (int $.Values.service.port) -}}
{{- $list = append $list (dict "name" "Traefik" "all" (printf "sum(rate(%s}[5m]))" $series) "errors" (printf "sum(rate(%s,code=~\"5..\"}[5m]))" $series)) -}}
{{- else -}}
{{- $series := printf "nginx_ingress_controller_requests{ingress=~\"%s(-canary)?\"" $full -}}
{{- $here := printf "exported_namespace=\"%s\"" $ns -}}
{{- $own := printf "exported_namespace=\"\",namespace=\"%s\"" $ns -}}
{{- $all := printf "sum(rate(%s,%s}[5m]) or rate(%s,%s}[5m]))" $series $here $series $own -}}
{{- $errors := printf "sum(rate(%s,%s,status=~\"5..\"}[5m]) or rate(%s,%s,status=~\"5..\"}[5m]))" $series $here $series $own -}}
{{- $list = append $list (dict "name" "Nginx" "all" $all "errors" $errors) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $list -}}
{{- end -}}
