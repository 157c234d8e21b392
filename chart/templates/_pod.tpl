{{/* The pod template, one for both tracks. */}}
{{- define "canary-demo.podTemplate" -}}
{{- $root := .root -}}
{{- $driver := $root.Values.traffic.driver -}}
{{- $full := include "canary-demo.fullname" $root -}}
{{- $settings := include "canary-demo.settings" . | fromJson -}}
metadata:
  labels:
    {{- if eq $driver "flagger" }}
    app: {{ $full }}
    {{- end }}
    {{- include "canary-demo.serverSelector" $root | nindent 4 }}
    {{- if eq $driver "helm" }}
    track: {{ .track }}
    {{- end }}
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $root.Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "canary-demo.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "canary-demo.gracePeriod" . }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  containers:
    - name: canary-app
      image: {{ include "canary-demo.image" . | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [/canary-app]
      envFrom:
        - configMapRef:
            name: {{ include "canary-demo.configName" . }}
      {{- with $root.Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ int $settings.httpPort }}
        - name: metrics
          containerPort: {{ int $settings.adminPort }}
      startupProbe:
        httpGet: {path: /healthz, port: metrics}
        periodSeconds: {{ $root.Values.probes.startup.periodSeconds }}
        failureThreshold: {{ $root.Values.probes.startup.failureThreshold }}
      readinessProbe:
        httpGet: {path: /readyz, port: metrics}
        periodSeconds: {{ $root.Values.probes.readiness.periodSeconds }}
        failureThreshold: {{ $root.Values.probes.readiness.failureThreshold }}
      livenessProbe:
        httpGet: {path: /healthz, port: metrics}
        periodSeconds: {{ $root.Values.probes.liveness.periodSeconds }}
        failureThreshold: {{ $root.Values.probes.liveness.failureThreshold }}
      resources:
        {{- toYaml $root.Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml $root.Values.securityContext | nindent 8 }}
      {{- with $root.Values.extraVolumeMounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with $root.Values.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $root.Values.extraVolumes }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.topologySpread }}
  {{- if .enabled }}
  topologySpreadConstraints:
    - maxSkew: {{ .maxSkew }}
      topologyKey: {{ .topologyKey }}
      whenUnsatisfiable: {{ .whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- if eq $driver "flagger" }}
          app: {{ $full }}
          {{- else }}
          {{- include "canary-demo.serverSelector" $root | nindent 10 }}
          {{- if eq $driver "helm" }}
          track: {{ $.track }}
          {{- end }}
          {{- end }}
      {{- if ne $driver "argo-rollouts" }}
      matchLabelKeys: [pod-template-hash]
      {{- else }}
      matchLabelKeys: [rollouts-pod-template-hash]
      {{- end }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* The pod of a hook: this release's own program as a client. Takes root, name, args (a list). */}}
{{- define "canary-demo.clientPod" -}}
{{- $root := .root -}}
metadata:
  labels:
    app.kubernetes.io/instance: {{ $root.Release.Name }}
    app.kubernetes.io/component: client
    canary-demo/client: "true"
  {{- with $root.Values.hooks.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "canary-demo.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  containers:
    - name: canaryctl
      image: {{ include "canary-demo.image" (dict "root" $root "track" "stable") | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [/canaryctl]
      args:
        {{- toYaml .args | nindent 8 }}
      resources:
        {{- toYaml $root.Values.hooks.resources | nindent 8 }}
      securityContext:
        {{- toYaml $root.Values.securityContext | nindent 8 }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
