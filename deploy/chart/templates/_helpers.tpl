{{- define "ping-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ping-operator.fullname" -}}
{{- $name := include "ping-operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What belongs to no namespace bears the namespace of the release in its name, unless that is what everybody chooses. */}}
{{- define "ping-operator.clusterName" -}}
{{- $fullname := include "ping-operator.fullname" . }}
{{- if eq .Release.Namespace $fullname }}
{{- $fullname }}
{{- else }}
{{- printf "%s-%s" .Release.Namespace $fullname }}
{{- end }}
{{- end }}

{{- define "ping-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ping-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ping-operator.labels" -}}
{{ include "ping-operator.selectorLabels" . }}
app.kubernetes.io/part-of: ping-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ping-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "ping-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name: which one, if serviceAccount.create is false?" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "ping-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "ping-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "ping-operator.image" -}}
{{- $registry := default (dig "imageRegistry" "" (default dict .Values.global)) .Values.image.registry }}
{{- if $registry }}{{ trimSuffix "/" $registry }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{/* The watched namespaces as a flag has them: in a namespaced installation without any, that of the pod. */}}
{{- define "ping-operator.watchNamespaces" -}}
{{- if .Values.watchNamespaces }}
{{- join "," .Values.watchNamespaces }}
{{- else if eq .Values.rbac.scope "namespaced" }}
{{- print "$(POD_NAMESPACE)" }}
{{- end }}
{{- end }}

{{- define "ping-operator.args" -}}
- run
{{- if .Values.leaderElection.enabled }}
- --leader-elect
{{- else if gt (int .Values.replicaCount) 1 }}
{{- fail "leaderElection.enabled: more than one replica needs it" }}
{{- end }}
{{- if gt (int .Values.shards) 1 }}
- --shards={{ .Values.shards }}
{{- end }}
{{- with include "ping-operator.watchNamespaces" . }}
- --watch-namespaces={{ . }}
{{- end }}
{{- range .Values.allowEndpoints }}
- --allow-endpoint={{ . }}
{{- end }}
{{- with .Values.concurrency }}
- --concurrency={{ . }}
{{- end }}
{{- with .Values.selector }}
- {{ printf "--selector=%s" . | quote }}
{{- end }}
{{- if .Values.dryRun }}
- --dry-run
{{- end }}
{{- if .Values.forgetRemovedTokens }}
- --forget-removed-tokens
{{- end }}
{{- if .Values.requireSecretLabel }}
- --require-secret-label
{{- end }}
{{- with .Values.logging.format }}
- --log-format={{ . }}
{{- end }}
{{- with .Values.logging.level }}
- --log-level={{ . }}
{{- end }}
{{- with .Values.proxy.url }}
- --proxy={{ . }}
{{- end }}
{{- with .Values.proxy.noProxy }}
- --no-proxy={{ join "," . }}
{{- end }}
{{- if .Values.proxy.fromEnvironment }}
- --proxy-from-environment
{{- end }}
{{- if include "ping-operator.caBundle" . }}
- --ca-file=/etc/ping-operator/ca/{{ .Values.caBundle.key }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The source of the volume with the CA certificates; empty: there is none. */}}
{{- define "ping-operator.caBundle" -}}
{{- if and .Values.caBundle.configMap .Values.caBundle.secret }}
{{- fail "caBundle: configMap or secret, not both" }}
{{- else if .Values.caBundle.configMap -}}
configMap:
  name: {{ .Values.caBundle.configMap }}
{{- else if .Values.caBundle.secret -}}
secret:
  secretName: {{ .Values.caBundle.secret }}
{{- end }}
{{- end }}

{{/* Whether the objects of the Prometheus operator are made. */}}
{{- define "ping-operator.hasMonitoring" -}}
{{- $known := .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
{{- if or $known (eq .Values.monitoring.renderMode "alwaysRender") -}}
true
{{- else if eq .Values.monitoring.renderMode "failIfMissing" }}
{{- fail "monitoring.renderMode: the kinds of the Prometheus operator (monitoring.coreos.com/v1) are not installed" }}
{{- end }}
{{- end }}
