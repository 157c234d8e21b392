{{/* A Job that runs once and shows what it said. Takes root, name, hook, weight, deadline, args; survivesEviction: a pod that its node
     sent away says nothing about the release, and another one takes its place. */}}
{{- define "canary-demo.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  labels:
    {{- include "canary-demo.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hook }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  backoffLimit: 0
  activeDeadlineSeconds: {{ .deadline }}
  ttlSecondsAfterFinished: {{ .root.Values.hooks.ttlSecondsAfterFinished }}
  {{- if .survivesEviction }}
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions: [{type: DisruptionTarget, status: "True"}]
  {{- end }}
  template:
    {{- include "canary-demo.clientPod" . | nindent 4 }}
{{- end -}}

{{/* The tracks that have pods to check, as a list in JSON. */}}
{{- define "canary-demo.checkedTracks" -}}
{{- if and (eq .Values.traffic.driver "helm") .Values.canary.enabled (gt (int .Values.canary.replicaCount) 0) -}}
["stable", "canary"]
{{- else -}}
["stable"]
{{- end -}}
{{- end -}}

{{/* What a pod of the track must say of itself, as arguments in JSON. */}}
{{- define "canary-demo.expected" -}}
{{- $own := index .root.Values.config .track -}}
{{- list "--version" (include "canary-demo.version" .) "--color" $own.appColor "--track" .track "--config" (include "canary-demo.configHash" .) | toJson -}}
{{- end -}}
