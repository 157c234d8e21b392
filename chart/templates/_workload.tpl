{{/* Pods of stable to ask for, or nothing where an autoscaler decides.
     Switching the autoscaler on takes the field out of the manifest, and Kubernetes then falls back to one pod. So a
     workload whose manifest held the field once keeps it, at what is running; switching off starts from there too. */}}
{{- define "canary-demo.stableReplicas" -}}
{{- $full := include "canary-demo.fullname" . -}}
{{- $live := dict -}}
{{- if eq .Values.traffic.driver "helm" -}}
{{- $live = lookup "apps/v1" "Deployment" .Release.Namespace $full -}}
{{- else if .Capabilities.APIVersions.Has "argoproj.io/v1alpha1/Rollout" -}}
{{- $live = lookup "argoproj.io/v1alpha1" "Rollout" .Release.Namespace $full -}}
{{- end -}}
{{- $running := dig "spec" "replicas" 0 $live | int -}}
{{- if .Values.autoscaling.enabled -}}
{{- if and $running (eq "manifest" (dig "metadata" "annotations" "canary-demo/replicas" "" $live)) -}}{{ $running }}{{- end -}}
{{- else if and $running (dig "spec" "maxReplicas" 0 (lookup "autoscaling/v2" "HorizontalPodAutoscaler" .Release.Namespace $full)) -}}
{{ $running }}
{{- else -}}
{{ int .Values.replicaCount }}
{{- end -}}
{{- end -}}
