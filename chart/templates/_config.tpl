{{/* A number as its user wrote it (YAML's are floating), a list joined, the rest as text. */}}
{{- define "canary-demo.scalar" -}}
{{- if kindIs "slice" . -}}{{ join "," . }}
{{- else if kindIs "float64" . -}}{{ if eq (floor .) . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{- define "canary-demo.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mul $number (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) $unit) -}}
{{- end -}}

{{/* The settings of a track: the common ones under its own. */}}
{{- define "canary-demo.settings" -}}
{{- $own := index .root.Values.config .track "settings" -}}
{{- mergeOverwrite (deepCopy .root.Values.config.settings) (deepCopy $own) | toJson -}}
{{- end -}}

{{- define "canary-demo.version" -}}
{{- $tag := ternary .root.Values.canary.image.tag .root.Values.image.tag (eq .track "canary") -}}
{{- default $tag (index .root.Values.config .track "appVersion") -}}
{{- end -}}

{{/* What a pod's environment is made of. */}}
{{- define "canary-demo.configData" -}}
{{- $own := index .root.Values.config .track -}}
{{- $data := dict "APP_VERSION" (include "canary-demo.version" .) "APP_COLOR" $own.appColor "APP_TRACK" .track -}}
{{- with $own.appRevision }}{{ $_ := set $data "APP_REVISION" . }}{{ end -}}
{{- range $name, $value := include "canary-demo.settings" . | fromJson -}}
{{- $_ := set $data (printf "CANARY_%s" ($name | snakecase | upper)) (include "canary-demo.scalar" $value) -}}
{{- end -}}
{{- toYaml $data -}}
{{- end -}}

{{- define "canary-demo.configHash" -}}
{{- include "canary-demo.configData" . | sha256sum | trunc 10 -}}
{{- end -}}

{{- define "canary-demo.configName" -}}
{{- printf "%s-%s-%s" (include "canary-demo.fullname" .root) .track (include "canary-demo.configHash" .) -}}
{{- end -}}

{{/* Longer than the two phases of draining together, with time to end the process. */}}
{{- define "canary-demo.gracePeriod" -}}
{{- $settings := include "canary-demo.settings" . | fromJson -}}
{{- $both := add (include "canary-demo.milliseconds" $settings.drainDelay) (include "canary-demo.milliseconds" $settings.drainTimeout) -}}
{{- add 10 (div (add $both 999) 1000) -}}
{{- end -}}

{{/* Names of the ConfigMaps that ReplicaSets with pods still read, as a list in JSON. Helm would delete them before the
     new pods are ready; then a container of the old ReplicaSet that restarts could not come back. */}}
{{- define "canary-demo.configNamesInUse" -}}
{{- $root := . -}}
{{- $prefix := printf "%s-" (include "canary-demo.fullname" .) -}}
{{- $names := dict -}}
{{- range (lookup "apps/v1" "ReplicaSet" .Release.Namespace "").items -}}
{{- $set := . -}}
{{- $instance := dig "metadata" "labels" "app.kubernetes.io/instance" "" $set -}}
{{- $pods := add (dig "spec" "replicas" 0 $set | int) (dig "status" "replicas" 0 $set | int) -}}
{{- if and (eq $instance $root.Release.Name) (gt $pods 0) -}}
{{- range dig "spec" "template" "spec" "containers" list $set -}}
{{- range dig "envFrom" list . -}}
{{- $name := dig "configMapRef" "name" "" . -}}
{{- if hasPrefix $prefix $name -}}{{ $_ := set $names $name true }}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- keys $names | sortAlpha | toJson -}}
{{- end -}}
