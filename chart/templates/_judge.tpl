{{/* "true" where an upgrade ends with a judging Job: there is a canary, and both tracks have traffic. */}}
{{- define "canary-demo.judgeJob" -}}
{{- $weight := int .Values.canary.weight -}}
{{- if and .Values.judge.enabled (eq .Values.traffic.driver "helm") .Values.canary.enabled (gt (int .Values.canary.replicaCount) 0) (gt $weight 0) (lt $weight 100) -}}true{{- end -}}
{{- end -}}

{{/* "true" where a controller asks the judge's webhook. */}}
{{- define "canary-demo.judgeWebhook" -}}
{{- if and .Values.judge.enabled (ne .Values.traffic.driver "helm") -}}true{{- end -}}
{{- end -}}

{{- define "canary-demo.seconds" -}}
{{- div (add (include "canary-demo.milliseconds" .) 999) 1000 -}}
{{- end -}}

{{/* What the Job may take in all, in seconds: the judging, and the time to pull, start and end. */}}
{{- define "canary-demo.judgeJobSeconds" -}}
{{- add (include "canary-demo.seconds" .Values.judge.deadline) 60 -}}
{{- end -}}

{{/* What Helm's --timeout must be, in seconds: it bounds each hook, and one that outlives it fails the release. */}}
{{- define "canary-demo.judgeTimeout" -}}
{{- max (add (include "canary-demo.judgeJobSeconds" .) 60) (add .Values.check.timeoutSeconds 60) -}}
{{- end -}}

{{/* Arguments that Job and webhook share, in JSON. */}}
{{- define "canary-demo.judgeArgs" -}}
{{- $judge := .Values.judge -}}
{{- $args := list "--interval" $judge.interval "--alpha" (include "canary-demo.scalar" $judge.alpha) "--beta" (include "canary-demo.scalar" $judge.beta) "--slo" (include "canary-demo.scalar" $judge.slo) "--slow-bound" (default "none" (join "," $judge.slowBounds)) "--warmup" $judge.warmup -}}
{{- if eq $judge.source "prometheus" -}}
{{- $series := include "canary-demo.series" . -}}
{{- $args = concat $args (list "--prometheus" $judge.prometheusAddress "--stable" (printf "%s,track=\"stable\"" $series) "--canary" (printf "%s,track=\"canary\"" $series)) -}}
{{- end -}}
{{- $args | toJson -}}
{{- end -}}

{{- define "canary-demo.judgeName" -}}
{{- include "canary-demo.fullname" . -}}-judge
{{- end -}}

{{- define "canary-demo.judgeSelector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: judge
canary-demo/judge: {{ include "canary-demo.judgeName" . }}
{{- end -}}

{{- define "canary-demo.judgeUrl" -}}
http://{{ include "canary-demo.judgeName" . }}.{{ .Release.Namespace }}
{{- end -}}

{{/* Which pods are under test, as the controller tells the webhook. */}}
{{- define "canary-demo.judgeMetadata" -}}
{{- $at := dict "root" . "track" "stable" -}}
{{- dict "version" (include "canary-demo.version" $at) "config" (include "canary-demo.configHash" $at) | toJson -}}
{{- end -}}

{{/* Flagger's webhooks: the judge's gates, then the user's. */}}
{{- define "canary-demo.flaggerWebhooks" -}}
{{- $hooks := list -}}
{{- if include "canary-demo.judgeWebhook" . -}}
{{- $url := include "canary-demo.judgeUrl" . -}}
{{- $metadata := include "canary-demo.judgeMetadata" . | fromJson -}}
{{- range list "confirm-rollout" "pre-rollout" "rollout" "confirm-promotion" "rollback" -}}
{{- $hooks = append $hooks (dict "name" (printf "judge-%s" .) "type" . "url" (printf "%s/flagger/%s" $url .) "timeout" "10s" "metadata" $metadata) -}}
{{- end -}}
{{- end -}}
{{- concat $hooks .Values.flagger.webhooks | toJson -}}
{{- end -}}

{{/* The question that Argo Rollouts' web metric asks. */}}
{{- define "canary-demo.argoQuestion" -}}
{{- $about := include "canary-demo.judgeMetadata" . | fromJson -}}
{{ include "canary-demo.judgeUrl" . }}/argo-rollouts?namespace={{ .Release.Namespace }}&name={{ include "canary-demo.fullname" . }}&checksum={{ "{{args.pod-template-hash}}" }}&version={{ $about.version | urlquery }}&config={{ $about.config }}
{{- end -}}

{{/* The steps of the rollout; where there is a judge, the last one waits for its verdict. */}}
{{- define "canary-demo.argoSteps" -}}
{{- $steps := .Values.argoRollouts.steps -}}
{{- if include "canary-demo.judgeWebhook" . -}}
{{- $steps = append $steps (dict "analysis" (dict "templates" (list (dict "templateName" (printf "%s-promotion" (include "canary-demo.judgeName" .)))) "args" (include "canary-demo.argoArgs" . | fromJsonArray))) -}}
{{- end -}}
{{- toYaml $steps -}}
{{- end -}}

{{- define "canary-demo.argoArgs" -}}
{{- list (dict "name" "pod-template-hash" "valueFrom" (dict "podTemplateHashValue" "Latest")) | toJson -}}
{{- end -}}
