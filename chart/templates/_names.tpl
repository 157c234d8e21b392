{{- define "canary-demo.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of every name. 46 characters leave room for what we and the controllers append ("-test-canary-…", "-primary");
     a longer one ends in a hash, so that two long releases never meet. */}}
{{- define "canary-demo.fullname" -}}
{{- $chart := include "canary-demo.name" . -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- end -}}
{{- if gt (len $full) 46 -}}
{{- printf "%s-%s" ($full | trunc 37 | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- else -}}
{{- trimSuffix "-" $full -}}
{{- end -}}
{{- end -}}

{{/* Name of a track's objects: stable has the plain one. */}}
{{- define "canary-demo.trackName" -}}
{{- $full := include "canary-demo.fullname" .root -}}
{{- ternary $full (printf "%s-%s" $full .track) (eq .track "stable") -}}
{{- end -}}

{{- define "canary-demo.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "canary-demo.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "canary-demo.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
app.kubernetes.io/name: {{ include "canary-demo.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Every pod that serves, of both tracks; the pods of hooks never carry the component. */}}
{{- define "canary-demo.serverSelector" -}}
app.kubernetes.io/name: {{ include "canary-demo.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end -}}

{{/* The pods of one track, whoever tells them apart. */}}
{{- define "canary-demo.trackSelector" -}}
{{- if eq .root.Values.traffic.driver "flagger" -}}
app: {{ include "canary-demo.fullname" .root }}{{ if eq .track "stable" }}-primary{{ end }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- else -}}
{{ include "canary-demo.serverSelector" .root }}
track: {{ .track }}
{{- end -}}
{{- end -}}

{{/* The tracks that this release renders pods for, as a list in JSON. A controller's pods share one template. */}}
{{- define "canary-demo.tracks" -}}
{{- if and (eq .Values.traffic.driver "helm") .Values.canary.enabled -}}
["stable", "canary"]
{{- else -}}
["stable"]
{{- end -}}
{{- end -}}

{{- define "canary-demo.image" -}}
{{- $image := .root.Values.image -}}
{{- $repository := $image.repository -}}
{{- $tag := $image.tag -}}
{{- $digest := $image.digest -}}
{{- if eq .track "canary" -}}
{{- $repository = default $repository .root.Values.canary.image.repository -}}
{{- $tag = .root.Values.canary.image.tag -}}
{{- $digest = .root.Values.canary.image.digest -}}
{{- end -}}
{{- if $digest -}}{{ $repository }}@{{ $digest }}{{- else -}}{{ $repository }}:{{ $tag }}{{- end -}}
{{- end -}}
