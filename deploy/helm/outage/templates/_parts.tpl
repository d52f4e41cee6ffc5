{{- /* What every part has in common; each takes (dict "root" $ "name" "outbox" …). */ -}}

{{- define "outage.labels" -}}
app.kubernetes.io/name: outage
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "outage.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if eq $tag "latest" }}{{ fail "image.tag: name a version; `latest` is another program tomorrow" }}{{ end -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ $tag }}{{ end -}}
{{- end }}

{{- define "outage.metadata" -}}
metadata:
  name: outage-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "outage.labels" . | nindent 4 }}
    app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "outage.podSpec" -}}
serviceAccountName: {{ .account | default "outage" }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
tolerations:
  {{- range list "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" }}
  - {key: {{ . }}, operator: Exists, effect: NoExecute, tolerationSeconds: {{ $.root.Values.lostNodeSeconds }}}
  {{- end }}
  {{- with .root.Values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "outage.labels" . | nindent 8 }}
{{- end }}

{{- define "outage.container" -}}
name: {{ .name }}
image: {{ include "outage.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities: {drop: [ALL]}
resources:
  {{- toYaml .part.resources | nindent 2 }}
env:
  - {name: OUTAGE_IN_CLUSTER, value: "true"}
  - {name: OUTAGE_HOME, value: /var/lib/outage}
  - {name: OUTAGE_INTAKE_ADDRESS, value: "http://outage-intake.{{ .root.Release.Namespace }}:{{ .root.Values.intake.port }}"}
  - {name: OUTAGE_INTAKE_TOKEN_FILE, value: /etc/outage/intake/intake-token}
  - {name: OUTAGE_INTAKE_TOKENS_FOLDER, value: /etc/outage/intake-tokens}
  - {name: OUTAGE_INTAKE_SOCKET, value: /var/lib/outage/intake.sock}
  - {name: OUTAGE_PLATFORM_FILE, value: /etc/outage/platforms/platform.yaml}
  - {name: OUTAGE_PLATFORMS_FOLDER, value: /etc/outage/platforms}
  {{- if .root.Values.policy }}
  - {name: OUTAGE_POLICY_FILE, value: /etc/outage/policy/policy.yaml}
  {{- end }}
  - {name: OUTAGE_PREFECT_API_URL, value: {{ .root.Values.prefect.apiUrl | quote }}}
  {{- if .root.Values.page.url }}
  - {name: OUTAGE_PAGE_URL, value: {{ .root.Values.page.url | quote }}}
  {{- end }}
  - name: OUTAGE_RECORD_DSN
    valueFrom:
      secretKeyRef: {name: {{ .root.Values.record.existingSecret }}, key: {{ .root.Values.record.key }}}
  {{- if and .root.Values.heartbeat.existingSecret (eq .name "timers") }}
  - name: OUTAGE_HEARTBEAT_URL
    valueFrom:
      secretKeyRef: {name: {{ .root.Values.heartbeat.existingSecret }}, key: url}
  {{- end }}
  {{- with .root.Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "outage.volumeMounts" -}}
- {name: home, mountPath: /var/lib/outage}
- {name: tmp, mountPath: /tmp}
- {name: platforms, mountPath: /etc/outage/platforms, readOnly: true}
{{- if .root.Values.attachedFiles }}
- {name: attached, mountPath: /etc/outage/attached, readOnly: true}
{{- end }}
{{- if .root.Values.policy }}
- {name: policy, mountPath: /etc/outage/policy, readOnly: true}
{{- end }}
- {name: intake-token, mountPath: /etc/outage/intake, readOnly: true}
{{- if .root.Values.clusterTokens.existingSecret }}
- {name: cluster-tokens, mountPath: /etc/outage/intake-tokens, readOnly: true}
{{- end }}
{{- range .root.Values.channelSecrets }}
- {name: channel-{{ . }}, mountPath: /etc/outage/secrets/{{ . }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "outage.volumes" -}}
- {name: home, emptyDir: {sizeLimit: 1Gi}}
- {name: tmp, emptyDir: {sizeLimit: 256Mi}}
- {name: platforms, configMap: {name: outage-platforms}}
{{- if .root.Values.attachedFiles }}
- {name: attached, configMap: {name: outage-attached}}
{{- end }}
{{- if .root.Values.policy }}
- {name: policy, configMap: {name: outage-policy}}
{{- end }}
- {name: intake-token, secret: {secretName: {{ .root.Values.intakeToken.existingSecret }}, defaultMode: 0440}}
{{- with .root.Values.clusterTokens.existingSecret }}
- {name: cluster-tokens, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- range .root.Values.channelSecrets }}
- {name: channel-{{ . }}, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- end }}

{{- /* Alive while its loop goes round: the file that each loop touches, as the supervisor and systemd have it. */ -}}
{{- define "outage.beatProbes" -}}
startupProbe:
  exec: {command: [python3, -m, stack.processes.beat_probe, {{ .beat }}]}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  exec: {command: [python3, -m, stack.processes.beat_probe, {{ .beat }}]}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{- define "outage.disruptionBudget" -}}
{{- if gt (int .part.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "outage.metadata" . }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "outage.labels" . | nindent 6 }}
{{- end }}
{{- end }}
